// SPDX-License-Identifier: Apache-2.0
#include "policy/learning.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "policy/decide.hpp"
#include "support/moment.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::kStart;

const ReclaimPolicy kTrialPolicy{.threshold = MiB(100), .target = MiB(80), .cooldown = 30s};

ReclaimRequest request_for(Bytes bytes) { return {.bytes = bytes, .threshold = MiB(100), .target = MiB(80)}; }

ReclaimOutcome freed(Bytes bytes, Bytes requested, ReclaimEnd end = ReclaimEnd::target_reached) {
  ReclaimOutcome outcome;
  outcome.end = end;
  outcome.requested = requested;
  outcome.freed = bytes;
  outcome.cache_after = MiB(80);
  outcome.refaults = MiB(1000);
  outcome.started_at = kStart;
  return outcome;
}

Learning tried(Bytes bytes) {
  return after_reclaim(kTrialPolicy, {}, request_for(bytes), freed(bytes, bytes));
}

TEST(Learning, PutsAReclaimOnTrialUntilItsCooldownEnds) {
  const auto learning = tried(MiB(40));
  ASSERT_TRUE(learning.trial);
  EXPECT_EQ(learning.doublings, 0U);
  EXPECT_FALSE(trial_has_ended(kTrialPolicy, learning, kStart + 30s - 1ns));
  EXPECT_TRUE(trial_has_ended(kTrialPolicy, learning, kStart + 30s));
  EXPECT_FALSE(trial_has_ended(kTrialPolicy, {}, kStart + 24h));
}

TEST(Learning, CountsRefaultsFromTheStartOfTheReclaim) {
  const auto trial = tried(MiB(40)).trial.value();
  EXPECT_EQ(refaulted_since(trial, MiB(1030)), MiB(30));
  EXPECT_EQ(refaulted_since(trial, MiB(900)), Bytes{}) << "a counter that went backwards says nothing";
  EXPECT_EQ(refaulted_since(trial, std::nullopt), std::nullopt);
}

TEST(Learning, DoublesTheCooldownWhereMoreThanHalfCameBack) {
  const auto half = judge(tried(MiB(40)), MiB(20), kStart + 30s);
  EXPECT_EQ(half.doublings, 0U);
  EXPECT_FALSE(half.trial);
  const auto more = judge(tried(MiB(40)), MiB(20) + Bytes{1}, kStart + 30s);
  EXPECT_EQ(more.doublings, 1U);
  EXPECT_EQ(learned_cooldown(kTrialPolicy, more), 60s);
  EXPECT_FALSE(more.trial);
}

TEST(Learning, RaisesTheTargetHalfWayToWhatIsNeeded) {
  const auto learning = judge(tried(MiB(40)), MiB(40), kStart + 30s);
  EXPECT_EQ(learning.raise, MiB(20));
  const auto marks = learned_marks({.threshold = MiB(100), .target = MiB(80)}, learning);
  EXPECT_EQ(marks.threshold, MiB(100));
  EXPECT_EQ(marks.target, MiB(100));
}

TEST(Learning, TakesNoMoreThanWhatWasFreedAsNeeded) {
  EXPECT_EQ(judge(tried(MiB(40)), MiB(4000), kStart + 30s).raise, MiB(20));
}

TEST(Learning, EndsAtThirtyTwoTimesTheCooldown) {
  Learning learning;
  for (int i = 0; i < 10; ++i) {
    learning = judge(after_reclaim(kTrialPolicy, learning, request_for(MiB(40)), freed(MiB(40), MiB(40))),
                     MiB(40), kStart);
  }
  EXPECT_EQ(learned_cooldown(kTrialPolicy, learning), 32 * 30s);
}

TEST(Learning, DoublesFromASecondWhereTheCooldownIsZero) {
  const ReclaimPolicy none{.target = {}, .cooldown = 0s};
  EXPECT_EQ(learned_cooldown(none, {}), 0s);
  EXPECT_EQ(learned_cooldown(none, {.doublings = 1, .raise = {}, .since = {}, .trial = {}}), 2s);
}

TEST(Learning, DoublesAShortCooldownFromItself) {
  const ReclaimPolicy hasty{.target = {}, .cooldown = 500ms};
  EXPECT_EQ(learned_cooldown(hasty, {.doublings = 1, .raise = {}, .since = {}, .trial = {}}), 1s);
  EXPECT_EQ(learned_cooldown(hasty, {.doublings = kMostDoublings, .raise = {}, .since = {}, .trial = {}}),
            16s);
}

TEST(Learning, DoublesAfterAReclaimThatFreedLessThanAQuarter) {
  const auto quarter =
      after_reclaim(kTrialPolicy, {}, request_for(MiB(40)), freed(MiB(10), MiB(40), ReclaimEnd::no_progress));
  EXPECT_EQ(quarter.doublings, 0U);
  const auto less = after_reclaim(kTrialPolicy, {}, request_for(MiB(40)),
                                  freed(MiB(10) - Bytes{1}, MiB(40), ReclaimEnd::no_progress));
  EXPECT_EQ(less.doublings, 1U);
  EXPECT_EQ(less.raise, Bytes{}) << "it doesn't say what is needed";
  ASSERT_TRUE(less.trial);
  EXPECT_TRUE(less.trial->futile) << "what comes back is counted";
  const auto judged = judge(less, MiB(10), kStart + 1min);
  EXPECT_EQ(judged.doublings, 1U) << "but one reclaim is judged once";
  EXPECT_EQ(judged.raise, Bytes{});
  EXPECT_EQ(judged.since, less.since);
  EXPECT_FALSE(judged.trial);
}

TEST(Learning, GoesOnDoublingWhereOneFutileReclaimFollowsTheOther) {
  auto outcome = freed({}, MiB(40), ReclaimEnd::no_progress);
  auto learning = after_reclaim(kTrialPolicy, {}, request_for(MiB(40)), outcome);
  outcome.started_at += 1min;
  learning = settle(kTrialPolicy, learning, outcome.started_at);
  EXPECT_EQ(learning.doublings, 1U) << "it only cooled down";
  learning = after_reclaim(kTrialPolicy, learning, request_for(MiB(40)), outcome);
  EXPECT_EQ(learning.doublings, 2U);
  EXPECT_EQ(settle(kTrialPolicy, learning, outcome.started_at + 4min - 1ns).doublings, 2U);
  EXPECT_EQ(settle(kTrialPolicy, learning, outcome.started_at + 4min).doublings, 1U);
}

TEST(Learning, TakesFailuresForFutile) {
  for (const auto end :
       {ReclaimEnd::denied, ReclaimEnd::failed, ReclaimEnd::unsupported, ReclaimEnd::out_of_time}) {
    EXPECT_EQ(after_reclaim(kTrialPolicy, {}, request_for(MiB(40)), freed({}, MiB(40), end)).doublings, 1U)
        << to_string(end);
  }
}

TEST(Learning, LearnsNothingFromWhatWasCutShort) {
  for (const auto end : {ReclaimEnd::stopped, ReclaimEnd::cgroup_gone, ReclaimEnd::under_pressure}) {
    EXPECT_EQ(after_reclaim(kTrialPolicy, {}, request_for(MiB(40)), freed({}, MiB(40), end)).doublings, 0U)
        << to_string(end);
  }
}

TEST(Learning, LearnsNothingWhereTheCacheWasGoneBefore) {
  const auto learning = after_reclaim(kTrialPolicy, {}, request_for(MiB(40)), freed({}, MiB(40)));
  EXPECT_EQ(learning.doublings, 0U);
  EXPECT_FALSE(learning.trial) << "nothing was freed that could come back";
}

ReclaimOutcome ground_for(Duration cpu, Bytes bytes = {}) {
  auto outcome = freed(bytes, MiB(40), ReclaimEnd::out_of_cpu);
  outcome.cpu = cpu;
  return outcome;
}

TEST(Learning, HoldsItAgainstTheCgroupWhereAFairTryRanOutOfCpuTime) {
  const auto doublings_after = [](const ReclaimOutcome& outcome) {
    return after_reclaim(kTrialPolicy, {}, request_for(MiB(40)), outcome).doublings;
  };
  EXPECT_EQ(doublings_after(ground_for(49ms)), 0U) << "the budget was too small to tell";
  EXPECT_EQ(doublings_after(ground_for(50ms)), 1U);
  EXPECT_EQ(doublings_after(ground_for(1s, MiB(10) - Bytes{1})), 1U);
  EXPECT_EQ(doublings_after(ground_for(1s, MiB(10))), 0U) << "a quarter is worth it";
}

TEST(Learning, AddsUpTriesThatWereTooShort) {
  const auto after = [](const Learning& learning, const ReclaimOutcome& outcome) {
    return after_reclaim(kTrialPolicy, learning, request_for(MiB(40)), outcome);
  };
  const auto two = after(after({}, ground_for(20ms)), ground_for(20ms));
  EXPECT_EQ(two.doublings, 0U);
  const auto three = after(two, ground_for(20ms));
  EXPECT_EQ(three.doublings, 1U);
  EXPECT_EQ(after(three, ground_for(20ms)).doublings, 1U) << "it begins anew";
  const auto good = after(two, freed(MiB(40), MiB(40)));
  EXPECT_EQ(after(good, ground_for(20ms)).doublings, 0U) << "only those in a row count";
}

TEST(Learning, IsTooLateToJudgeLongAfterTheCooldown) {
  const auto learning = tried(MiB(40));
  EXPECT_FALSE(is_too_late_to_judge(kTrialPolicy, learning, kStart + 30s, 20s));
  EXPECT_FALSE(is_too_late_to_judge(kTrialPolicy, learning, kStart + 50s - 1ns, 20s));
  EXPECT_TRUE(is_too_late_to_judge(kTrialPolicy, learning, kStart + 50s, 20s));
  EXPECT_FALSE(is_too_late_to_judge(kTrialPolicy, {}, kStart + 24h, 20s)) << "there is nothing to judge";
}

TEST(Learning, StaysAsItIsWithoutAVerdict) {
  auto learning = tried(MiB(40));
  learning.doublings = 2;
  learning.raise = MiB(10);
  learning = without_verdict(learning, kStart + 8h);
  EXPECT_FALSE(learning.trial);
  EXPECT_EQ(learning.doublings, 2U);
  EXPECT_EQ(learning.raise, MiB(10));
  EXPECT_EQ(settle(kTrialPolicy, learning, kStart + 8h + 1min).doublings, 2U) << "calm has only begun";
}

TEST(Learning, GoesBackAStepAfterACalmTrial) {
  Learning learning{.doublings = 3, .raise = MiB(20), .since = kStart, .trial = {}};
  learning = judge(after_reclaim(kTrialPolicy, learning, request_for(MiB(40)), freed(MiB(40), MiB(40))),
                   MiB(1), kStart + 4min);
  EXPECT_EQ(learning.doublings, 2U);
  EXPECT_EQ(learning.raise, MiB(10));
}

TEST(Learning, GoesBackAStepAfterEachCooldownWithoutAReclaim) {
  Learning learning{.doublings = 2, .raise = MiB(3), .since = kStart, .trial = {}};
  EXPECT_EQ(settle(kTrialPolicy, learning, kStart + 2min - 1ns).doublings, 2U);
  learning = settle(kTrialPolicy, learning, kStart + 2min);
  EXPECT_EQ(learning.doublings, 1U);
  learning = settle(kTrialPolicy, learning, kStart + 3min);
  EXPECT_EQ(learning.doublings, 0U);
  EXPECT_EQ(learning.raise, Bytes{}) << "less than a MiB isn't worth remembering";
}

TEST(Learning, IsCalmWhereTheKernelCountsNoRefaults) {
  Learning learning{.doublings = 1, .raise = {}, .since = kStart, .trial = {}};
  learning = after_reclaim(kTrialPolicy, learning, request_for(MiB(40)), freed(MiB(40), MiB(40)));
  EXPECT_EQ(judge(learning, std::nullopt, kStart + 1min).doublings, 0U);
}

// ---- simulated days ----

/// A cgroup that reads files, its cache, and the daemon's scans of it every ten seconds.
class Simulation {
 public:
  /// Cache grows by `per_second` up to `most`; of what was freed, `needed` is read again at once.
  Simulation(Bytes per_second, Bytes most, bool needed)
      : per_second_(per_second), most_(most), needed_(needed) {}

  /// Returns how many reclaims there were.
  unsigned run(Duration time) {
    constexpr auto kInterval = 10s;
    unsigned reclaims = 0;
    for (const auto end = now_ + time; now_ < end; now_ += kInterval) {
      cache_ = std::min(cache_ + Bytes{10 * per_second_.count()}, most_);
      reclaims += scan() ? 1 : 0;
    }
    return reclaims;
  }

  [[nodiscard]] const Learning& learning() const { return history_.learning; }
  void stop_needing() { needed_ = false; }

 private:
  bool scan() {
    auto& learning = history_.learning;
    if (trial_has_ended(kTrialPolicy, learning, now_)) {
      learning = judge(learning, refaulted_since(*learning.trial, refaults_), now_);
    } else {
      learning = settle(kTrialPolicy, learning, now_);
    }
    const auto marks = learned_marks(watermarks(kTrialPolicy, GiB(1)), learning);
    const MemorySample sample{
        .usage = cache_, .effective_limit = GiB(1), .cache = CacheSample{cache_, cache_}};
    const auto decision = cmm::decide({kTrialPolicy, marks, history_, sample}, now_);
    if (const auto* request = std::get_if<ReclaimRequest>(&decision)) return reclaim(*request);
    return false;
  }

  bool reclaim(const ReclaimRequest& request) {
    auto outcome = freed(request.bytes, request.bytes);
    outcome.started_at = now_;
    outcome.refaults = refaults_;
    outcome.cache_after = request.target;
    cache_ = request.target;
    if (needed_) {
      refaults_ += request.bytes;
      cache_ += request.bytes;
    }
    history_.last_attempt = now_;
    history_.learning = after_reclaim(kTrialPolicy, history_.learning, request, outcome);
    return true;
  }

  Bytes per_second_;
  Bytes most_;
  bool needed_;
  TimePoint now_ = kStart;
  Bytes cache_;
  Bytes refaults_;
  History history_;
};

TEST(ADay, OfAWorkloadThatCyclesThroughItsCacheSeesAHandfulOfReclaimsAnHour) {
  Simulation cycling{MiB(60), MiB(600), true};
  const auto first_hour = cycling.run(1h);
  EXPECT_LE(first_hour, 9U) << "five to learn, then one in sixteen minutes";
  for (int hour = 1; hour < 24; ++hour) EXPECT_LE(cycling.run(1h), 5U) << "hour " << hour;
}

TEST(ADay, OfAStreamingWorkloadIsTrimmedAtTheBaseCooldown) {
  Simulation streaming{MiB(2), MiB(900), false};
  const auto reclaims = streaming.run(24h);
  EXPECT_GE(reclaims, 24U * 60 * 2 * 9 / 10) << "60 MiB in 30 s pass the threshold each time";
  EXPECT_EQ(streaming.learning().doublings, 0U);
  EXPECT_EQ(streaming.learning().raise, Bytes{});
}

TEST(ADay, InWhichTheNeedEndsBringsTheBaseCooldownBack) {
  Simulation changing{MiB(60), MiB(600), true};
  changing.run(3h);
  ASSERT_GE(changing.learning().doublings, 3U);
  changing.stop_needing();
  changing.run(2h);
  EXPECT_EQ(changing.learning().doublings, 0U);
  EXPECT_EQ(changing.learning().raise, Bytes{});
}

}  // namespace
}  // namespace cmm
