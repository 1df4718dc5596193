// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

namespace cmm::test {

/// While it lives, a test that runs as root is nobody, so that the modes of files hold for it.
class AsNobody {
 public:
  AsNobody() : holds_(::geteuid() != 0 || ::seteuid(kNobody) == 0) {}
  ~AsNobody() { static_cast<void>(::seteuid(::getuid())); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

  /// False: it is still root.
  explicit operator bool() const { return holds_; }

 private:
  static constexpr uid_t kNobody = 65534;
  bool holds_;
};

}  // namespace cmm::test
