// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "model/reclaim_policy.hpp"

namespace cmm {

/// The policy in bytes of one cgroup.
struct Watermarks {
  Bytes threshold;  ///< at or above this a cgroup is trimmed
  Bytes target;     ///< down to this
};

/// `policy` for a cgroup with this effective limit; the target is never above the threshold. A target that
/// isn't set is 80 % of the threshold.
Watermarks watermarks(const ReclaimPolicy& policy, Bytes effective_limit);

}  // namespace cmm
