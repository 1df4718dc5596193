// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "model/reclaim.hpp"
#include "model/reclaim_policy.hpp"
#include "model/time.hpp"
#include "policy/watermarks.hpp"

// What a cgroup teaches about itself. Cache that comes straight back from disk was needed: the user has paid
// twice. A reclaim that frees nothing was work for nothing. Either makes the daemon leave the cgroup alone
// for longer, and calm brings it back.

namespace cmm {

/// The cooldown doubles at most so often: 32 times the configured one.
inline constexpr unsigned kMostDoublings = 5;

/// A reclaim of which it isn't known yet how much comes back.
struct Trial {
  TimePoint started_at{};
  Bytes freed;
  Bytes target;                   ///< what the request asked for
  Bytes cache_after;              ///< what was left
  std::optional<Bytes> refaults;  ///< the counter at the start; absent where the kernel has none
  bool futile = false;            ///< it has been judged already: what comes back goes into the ledger only
};

struct Learning {
  unsigned doublings = 0;      ///< of the cooldown
  Bytes raise;                 ///< so much higher than the policy says the target is: the cgroup needs it
  TimePoint since{};           ///< the start of the calm period that is running; may lie ahead
  std::optional<Trial> trial;  ///< the last reclaim, until its cooldown has ended
  Duration unjudged_cpu{};     ///< spent by futile reclaims in a row, each too short to be held against it
};

/// The time between the starts of two attempts: the policy's, doubled as learned. One of zero doubles from a
/// second.
Duration learned_cooldown(const ReclaimPolicy& policy, const Learning& learning);

/// `marks` as learned: the target may be above the threshold then, and is what counts.
Watermarks learned_marks(Watermarks marks, const Learning& learning);

/// Takes in how a reclaim ended. One that freed less than a quarter of what it asked for doubles the
/// cooldown, and calm begins when that has ended. So does one that ran out of CPU time, if it (or several in
/// a row) had enough for a fair try. Any other is put on trial.
Learning after_reclaim(const ReclaimPolicy& policy, Learning learning, const ReclaimRequest& request,
                       const ReclaimOutcome& outcome);

/// True when the cooldown after the reclaim on trial has ended.
bool trial_has_ended(const ReclaimPolicy& policy, const Learning& learning, TimePoint now);

/// True where the cooldown ended longer ago than that: what came back since then came later than "within the
/// cooldown", and can't be told from what did.
bool is_too_late_to_judge(const ReclaimPolicy& policy, const Learning& learning, TimePoint now,
                          Duration longest_delay);

/// Drops the reclaim on trial without a verdict; calm begins anew.
Learning without_verdict(Learning learning, TimePoint now);

/// How much of what was freed has come back by now; nothing without a trial or a counter.
std::optional<Bytes> refaulted_since(const Trial& trial, std::optional<Bytes> refaults_now);

/// Judges the reclaim on trial. Where more than half of what it freed came back, the cooldown doubles and the
/// target rises half-way to what the cgroup turned out to need. Everything else is calm: one step back. Where
/// nothing is known of what came back, that is all that time alone would have done too.
Learning judge(Learning learning, std::optional<Bytes> refaulted, TimePoint now);

/// A cooldown without a reclaim is calm too: one step back.
Learning settle(const ReclaimPolicy& policy, Learning learning, TimePoint now);

}  // namespace cmm
