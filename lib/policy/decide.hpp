// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "model/decision.hpp"
#include "model/memory_sample.hpp"
#include "model/reclaim_policy.hpp"
#include "policy/history.hpp"
#include "policy/watermarks.hpp"

namespace cmm {

/// True where usage alone can't prove that the cache is below the threshold: then memory.stat has to be read.
bool needs_cache_sample(Bytes usage, const Watermarks& marks);

/// A scan is timed for the end of a cooldown, and its timer may fire a moment early or late. Where a cooldown
/// ends within this time, the scan decides as if it had ended, and the request says not to start before it
/// has; or else jitter would cost another scan.
inline constexpr Duration kScanJitter = std::chrono::milliseconds{50};

/// What a decision rests on.
struct Situation {
  const ReclaimPolicy& policy;  ///< of this cgroup
  Watermarks marks;             ///< as learned
  const History& history;
  const MemorySample& sample;
  bool at_limit =
      false;  ///< it will have filled its limit before the next scan: down to the target right now
};

/// The one decision of this scan about a cgroup that could be read. Pure. An attempt that started at t with
/// cooldown c lets the next one start at t + c and no earlier; a scan has to be there then (CoolingDown says
/// when), or it starts with the next one.
Decision decide(const Situation& situation, TimePoint now);

}  // namespace cmm
