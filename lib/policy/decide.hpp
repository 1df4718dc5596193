// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "model/decision.hpp"
#include "model/memory_sample.hpp"
#include "model/reclaim_policy.hpp"
#include "policy/history.hpp"

namespace cmm {

/// The policy in bytes of one cgroup.
struct Watermarks {
  Bytes threshold;  ///< at or above this a cgroup is trimmed
  Bytes target;     ///< down to this; never above the threshold
};

/// `policy` for a cgroup with this effective limit. A target that isn't set is 80 % of the threshold.
Watermarks watermarks(const ReclaimPolicy& policy, Bytes effective_limit);

/// True where usage alone can't prove that the cache is below the threshold: then memory.stat has to be read.
bool needs_cache_sample(Bytes usage, const Watermarks& marks);

/// A scan's timer may fire a moment early or late. Where a cooldown ends within this time, the scan decides
/// as if it had ended, and the request says not to start before it has; or else jitter would cost a whole
/// interval.
inline constexpr Duration kScanJitter = std::chrono::milliseconds{50};

/// The one decision of this scan about a cgroup that could be read. Pure. An attempt that started at t with
/// cooldown c lets the next one start at t + c, neither earlier nor later.
Decision decide(const ReclaimPolicy& policy, const Watermarks& marks, const History& history,
                const MemorySample& sample, TimePoint now);

}  // namespace cmm
