// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// A bare connection to 127.0.0.1, so that a test can send what no library would.
class Connection {
 public:
  explicit Connection(std::uint16_t port);

  void send(const std::string& bytes) const;
  /// All that comes until the other side closes, or for ten seconds.
  [[nodiscard]] std::string receive() const;
  /// Nothing has come, not even the end.
  [[nodiscard]] bool is_open() const;

 private:
  UniqueFd socket_;
};

/// The answer to a GET, with its head.
std::string get(std::uint16_t port, const std::string& path);

}  // namespace cmm::test
