// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "support/kernel_setting.hpp"

namespace cmm::test {

/// What is written stays dirty for as long as this lives. A small machine would write it back at once, and
/// cgroup v2 takes each cgroup for such a machine. In virtual machines alone: elsewhere it changes nothing,
/// and the machine has to be large.
class LateWriteback {
 public:
  LateWriteback();

 private:
  std::optional<KernelSetting> most_, background_, periodic_;
};

}  // namespace cmm::test
