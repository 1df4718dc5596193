// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// Sees in which order some files are written to.
class WriteOrder {
 public:
  /// Where the file is written to, `name` is in the order.
  void add(const std::string& file, std::string name) {
    const int watch = ::inotify_add_watch(fd_.get(), file.c_str(), IN_MODIFY);
    if (watch < 0) throw std::runtime_error("inotify: " + file);
    names_[watch] = std::move(name);
  }

  /// One name for each write, or for several of one file in a row, since the last call.
  [[nodiscard]] std::vector<std::string> writes() const {
    std::vector<std::string> order;
    std::array<char, 65536> events{};
    ssize_t size = 0;
    while ((size = ::read(fd_.get(), events.data(), events.size())) > 0) {
      for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
        inotify_event event{};
        std::memcpy(&event, events.data() + at, sizeof event);
        at += sizeof event + event.len;
        const auto& name = names_.at(event.wd);
        if (order.empty() || order.back() != name) order.push_back(name);
      }
    }
    return order;
  }

 private:
  UniqueFd fd_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  std::map<int, std::string> names_;
};

}  // namespace cmm::test
