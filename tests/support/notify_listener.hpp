// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// In systemd's place: receives what services tell, as sd_notify(3) has it.
class NotifyListener {
 public:
  explicit NotifyListener(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error{"cannot listen at " + path};
    }
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  NotifyListener(const NotifyListener&) = delete;
  NotifyListener& operator=(const NotifyListener&) = delete;
  ~NotifyListener() {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC"}) ::unsetenv(name);
  }

  /// All that was told so far, one message a line.
  const std::string& heard() {
    std::array<char, 4096> message{};
    while (true) {
      const auto size = ::recv(socket_.get(), message.data(), message.size(), MSG_DONTWAIT);
      if (size < 0) return heard_;
      heard_.append(message.data(), static_cast<std::size_t>(size)) += '\n';
    }
  }
  void forget() {
    heard();
    heard_.clear();
  }

 private:
  UniqueFd socket_;
  std::string heard_;
};

}  // namespace cmm::test
