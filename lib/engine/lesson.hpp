// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "model/cgroup.hpp"
#include "model/time.hpp"

namespace cmm {

/// What a cgroup has taught: told when it changes how long the cgroup is left alone, or with how much.
struct Lesson {
  CgroupRef cgroup;
  Bytes freed;  ///< by the last reclaim
  /// Of it, within the cooldown; absent: not counted by this kernel, or not the reason.
  std::optional<Bytes> refaulted;
  Duration cooldown{};  ///< from now on
  Bytes raise;          ///< by so much its target is higher from now on than configured
};

}  // namespace cmm
