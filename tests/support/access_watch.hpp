// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// Sees whether anything in some directories is opened or read.
class AccessWatch {
 public:
  void add(const std::string& directory) {
    if (::inotify_add_watch(fd_.get(), directory.c_str(), IN_OPEN | IN_ACCESS) < 0)
      throw std::runtime_error("inotify: " + directory);
  }
  /// True where there was something since the last call.
  [[nodiscard]] bool saw_any() const {
    std::array<char, 4096> events{};
    bool any = false;
    while (::read(fd_.get(), events.data(), events.size()) > 0) any = true;
    return any;
  }

 private:
  UniqueFd fd_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
};

}  // namespace cmm::test
