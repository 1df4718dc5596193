// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <signal.h>

#include <cerrno>
#include <functional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// Does something when a file is next opened: a lease keeps whoever opens it waiting for that.
class AtOpen {
 public:
  AtOpen(const std::string& file, std::function<void()> act)
      : fd_(::open(file.c_str(), O_RDWR | O_CLOEXEC)), act_(std::move(act)) {
    ::signal(SIGIO, SIG_IGN);  // by which the kernel tells of it, and would end the process
    if (!fd_ || ::fcntl(fd_.get(), F_SETLEASE, F_WRLCK) != 0) {
      throw std::system_error{errno, std::generic_category(), "lease " + file};
    }
    thread_ = std::jthread{[this](const std::stop_token& stop) { wait(stop); }};
  }

 private:
  void wait(const std::stop_token& stop) const {
    while (!stop.stop_requested() && ::fcntl(fd_.get(), F_GETLEASE) == F_WRLCK) std::this_thread::yield();
    if (!stop.stop_requested()) act_();
    ::fcntl(fd_.get(), F_SETLEASE, F_UNLCK);
  }

  UniqueFd fd_;
  std::function<void()> act_;
  std::jthread thread_;
};

}  // namespace cmm::test
