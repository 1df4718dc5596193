// SPDX-License-Identifier: Apache-2.0
#include "policy/decide.hpp"

namespace cmm {
namespace {

// From how much cache on it is trimmed.
Bytes trigger(const Situation& situation, Bytes target) {
  return situation.at_limit ? target : situation.marks.threshold;
}

Skip why_not_over_target(const Situation& situation) {
  const auto& marks = situation.marks;
  const auto [cache, reclaimable] = *situation.sample.cache;
  if (cache < marks.threshold) return BelowThreshold{};
  const auto configured = marks.target - situation.history.learning.raise;
  if (reclaimable <= configured) return NothingReclaimable{};
  // Only where it would have been trimmed if the target were as configured is that the reason.
  if (reclaimable < trigger(situation, configured)) return BelowThreshold{};
  return Needed{};
}

std::optional<Skip> veto(const ReclaimPolicy& policy, const GuardSample& guards) {
  if (guards.opted_out) return Ignored{Ignored::By::attribute};
  if (guards.pressure && *guards.pressure > policy.max_pressure) return UnderPressure{*guards.pressure};
  if (guards.swappable && !policy.allow_swap) return WouldSwap{};
  return std::nullopt;
}

}  // namespace

bool needs_cache_sample(Bytes usage, const Watermarks& marks) { return usage >= marks.threshold; }

Decision decide(const Situation& situation, TimePoint now) {
  const auto& [policy, marks, history, sample, at_limit] = situation;
  if (history.in_flight) return InFlight{};
  if (!sample.cache) return BelowThreshold{};

  const auto reclaimable = sample.cache->reclaimable;
  if (reclaimable <= marks.target) return why_not_over_target(situation);
  if (reclaimable < trigger(situation, marks.target)) return BelowThreshold{};
  const auto cooled =
      history.last_attempt ? *history.last_attempt + learned_cooldown(policy, history.learning) : now;
  if (now + kScanJitter < cooled) return CoolingDown{cooled};
  if (auto skip = veto(policy, sample.guards)) return *std::move(skip);
  return ReclaimRequest{.bytes = reclaimable - marks.target,
                        .threshold = marks.threshold,
                        .target = marks.target,
                        .not_before = cooled,
                        .max_pressure = policy.max_pressure};
}

}  // namespace cmm
