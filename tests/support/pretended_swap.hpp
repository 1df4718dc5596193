// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/private_mounts.hpp"
#include "support/test_environment.hpp"

namespace cmm::test {

/// While it lives, this process and those that it starts read in /proc/meminfo that there is swap: then the
/// daemon sets memory.swappiness on v1, on any machine. Nothing is swapped. The process must have one thread.
/// Throws std::system_error where a mount namespace of its own isn't permitted.
class PretendedSwap {
 public:
  PretendedSwap();

 private:
  DataDirectory directory_;
  PrivateMounts mounts_;
};

}  // namespace cmm::test
