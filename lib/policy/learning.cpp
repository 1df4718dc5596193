// SPDX-License-Identifier: Apache-2.0
#include "policy/learning.hpp"

#include <algorithm>
#include <chrono>

namespace cmm {
namespace {

// What a cooldown of zero doubles from.
constexpr Duration kLeastDoubled = std::chrono::seconds{1};
// Below this a rise isn't worth remembering.
constexpr Bytes kLeastRaise = MiB(1);

Learning doubled(Learning learning, TimePoint now) {
  learning.doublings = std::min(learning.doublings + 1, kMostDoublings);
  learning.since = now;
  return learning;
}

Learning calmed(Learning learning, TimePoint now) {
  if (learning.doublings > 0) --learning.doublings;
  learning.raise = half(learning.raise);
  if (learning.raise < kLeastRaise) learning.raise = {};
  learning.since = now;
  return learning;
}

// After so much CPU time spent on pages that don't go, the cgroup is to blame and no longer the budget.
constexpr Duration kFairTry = std::chrono::milliseconds{50};

// Of these the cgroup is not to blame, and nothing is learned from them: something came in between, or
// somebody else has dropped the cache before.
bool is_excused(ReclaimEnd end) {
  return end == ReclaimEnd::stopped || end == ReclaimEnd::cgroup_gone || end == ReclaimEnd::under_pressure ||
         end == ReclaimEnd::target_reached;
}

bool is_futile(const ReclaimOutcome& outcome) {
  return !is_excused(outcome.end) && outcome.freed < Bytes{outcome.requested.count() / 4};
}

Learning after_futile(const ReclaimPolicy& policy, Learning learning, const ReclaimOutcome& outcome) {
  learning.unjudged_cpu += outcome.cpu;
  if (outcome.end == ReclaimEnd::out_of_cpu && learning.unjudged_cpu < kFairTry) return learning;
  learning.unjudged_cpu = {};
  learning = doubled(learning, outcome.started_at);
  // That nothing is tried while it cools down is no calm: the next attempt may be as futile.
  learning.since += learned_cooldown(policy, learning);
  return learning;
}

}  // namespace

Duration learned_cooldown(const ReclaimPolicy& policy, const Learning& learning) {
  if (learning.doublings == 0) return policy.cooldown;
  const auto base = policy.cooldown > Duration{} ? policy.cooldown : kLeastDoubled;
  return base * (1U << learning.doublings);
}

Watermarks learned_marks(Watermarks marks, const Learning& learning) {
  return {marks.threshold, marks.target + learning.raise};
}

Learning after_reclaim(const ReclaimPolicy& policy, Learning learning, const ReclaimRequest& request,
                       const ReclaimOutcome& outcome) {
  learning.trial.reset();
  const bool futile = is_futile(outcome);
  if (futile) {
    learning = after_futile(policy, learning, outcome);
  } else {
    learning.unjudged_cpu = {};
  }
  if (outcome.freed == Bytes{}) return learning;
  learning.trial = Trial{.started_at = outcome.started_at,
                         .freed = outcome.freed,
                         .target = request.target,
                         .cache_after = outcome.cache_after,
                         .refaults = outcome.refaults,
                         .futile = futile};
  return learning;
}

bool trial_has_ended(const ReclaimPolicy& policy, const Learning& learning, TimePoint now) {
  return learning.trial && now >= learning.trial->started_at + learned_cooldown(policy, learning);
}

bool is_too_late_to_judge(const ReclaimPolicy& policy, const Learning& learning, TimePoint now,
                          Duration longest_delay) {
  return trial_has_ended(policy, learning, now - longest_delay);
}

Learning without_verdict(Learning learning, TimePoint now) {
  learning.trial.reset();
  learning.since = std::max(learning.since, now);
  return learning;
}

std::optional<Bytes> refaulted_since(const Trial& trial, std::optional<Bytes> refaults_now) {
  if (!trial.refaults || !refaults_now) return std::nullopt;
  return *refaults_now - *trial.refaults;
}

Learning judge(Learning learning, std::optional<Bytes> refaulted, TimePoint now) {
  if (!learning.trial) return learning;
  const auto trial = *learning.trial;
  learning.trial.reset();
  if (trial.futile) return learning;
  if (!refaulted || *refaulted <= half(trial.freed)) return calmed(learning, now);
  // More than was freed may come back, where the kernel takes and reads the same pages several times.
  const auto needed = trial.cache_after + std::min(*refaulted, trial.freed);
  learning.raise += half(needed - trial.target);
  return doubled(learning, now);
}

Learning settle(const ReclaimPolicy& policy, Learning learning, TimePoint now) {
  const bool nothing_learned = learning.doublings == 0 && learning.raise == Bytes{};
  if (nothing_learned || learning.trial) return learning;
  if (now < learning.since + learned_cooldown(policy, learning)) return learning;
  return calmed(learning, now);
}

}  // namespace cmm
