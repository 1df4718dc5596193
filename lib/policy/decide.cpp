// SPDX-License-Identifier: Apache-2.0
#include "policy/decide.hpp"

#include <algorithm>

namespace cmm {
namespace {

// Far enough below the threshold that a cgroup isn't trimmed again by the next few pages that it reads.
constexpr std::uint64_t kDefaultTargetPercent = 80;

// Divided first: a threshold of many exabytes must not overflow.
Bytes default_target(Bytes threshold) {
  const auto whole = threshold.count();
  return Bytes{whole / 100 * kDefaultTargetPercent + whole % 100 * kDefaultTargetPercent / 100};
}

}  // namespace

Watermarks watermarks(const ReclaimPolicy& policy, Bytes effective_limit) {
  const auto threshold = resolve(policy.threshold, effective_limit);
  const auto target = policy.target ? resolve(*policy.target, effective_limit) : default_target(threshold);
  return {threshold, std::min(target, threshold)};
}

bool needs_cache_sample(Bytes usage, const Watermarks& marks) { return usage >= marks.threshold; }

Decision decide(const ReclaimPolicy& policy, const Watermarks& marks, const History& history,
                const MemorySample& sample, TimePoint now) {
  if (history.in_flight) return InFlight{};
  if (!sample.cache) return BelowThreshold{};

  const auto [cache, reclaimable] = *sample.cache;
  if (reclaimable < marks.threshold || reclaimable <= marks.target) {
    if (cache >= marks.threshold && reclaimable <= marks.target) return NothingReclaimable{};
    return BelowThreshold{};
  }
  const auto cooled = history.last_attempt ? *history.last_attempt + policy.cooldown : now;
  if (now + kScanJitter < cooled) return CoolingDown{cooled};
  if (sample.swappable && !policy.allow_swap) return WouldSwap{};
  return ReclaimRequest{.bytes = reclaimable - marks.target,
                        .threshold = marks.threshold,
                        .target = marks.target,
                        .not_before = cooled};
}

}  // namespace cmm
