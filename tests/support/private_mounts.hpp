// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// While it lives, this process and those that it starts have a mount namespace of their own: what they mount
/// nobody else sees, and it is gone afterwards. The process must have one thread. Throws std::system_error
/// where it isn't permitted.
class PrivateMounts {
 public:
  PrivateMounts();
  PrivateMounts(const PrivateMounts&) = delete;
  PrivateMounts& operator=(const PrivateMounts&) = delete;
  ~PrivateMounts();

  /// What is mounted at `path` can be read there only.
  void make_read_only(const std::string& path);
  /// The mount at `path` itself, with what is open on it, becomes readable only, or writable again.
  void set_read_only(const std::string& path, bool read_only);
  /// Who opens `path` gets the other file.
  void put_over(const std::string& path, const std::string& other);

 private:
  UniqueFd namespace_, directory_;
};

}  // namespace cmm::test
