// SPDX-License-Identifier: Apache-2.0
#include "policy/decide.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <random>

#include "support/moment.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::kStart;

constexpr Bytes kMostBytes{std::numeric_limits<std::uint64_t>::max()};

MemorySample sample_of(Bytes reclaimable, Bytes shmem = {}) {
  return {.usage = GiB(1),
          .effective_limit = GiB(1),
          .cache = CacheSample{.cache = reclaimable + shmem, .reclaimable = reclaimable},
          .guards = {}};
}

/// Threshold 100 MiB, target 80 MiB, cooldown 30 s.
const ReclaimPolicy kPolicy{.threshold = MiB(100), .target = MiB(80), .cooldown = 30s, .allow_swap = false};

Decision decide(const MemorySample& sample, const History& history = {}, TimePoint now = kStart,
                const ReclaimPolicy& policy = kPolicy) {
  return cmm::decide({policy, watermarks(policy, sample.effective_limit), history, sample}, now);
}

template <class Reason>
bool skips_with(const Decision& decision) {
  const auto* skip = std::get_if<Skip>(&decision);
  return skip != nullptr && std::holds_alternative<Reason>(*skip);
}

const ReclaimRequest* request_in(const Decision& decision) { return std::get_if<ReclaimRequest>(&decision); }

TEST(Watermarks, AreSharesOfTheEffectiveLimit) {
  const auto marks = watermarks({.threshold = Percent{50}, .target = Percent{10}}, GiB(1));
  EXPECT_EQ(marks.threshold, MiB(512));
  EXPECT_EQ(marks.target, Bytes{107374182});
}

TEST(Watermarks, InBytesIgnoreTheLimit) {
  const auto marks = watermarks(kPolicy, MiB(1));
  EXPECT_EQ(marks.threshold, MiB(100));
  EXPECT_EQ(marks.target, MiB(80));
}

TEST(Watermarks, DefaultToEightyPercentOfTheThresholdAsTarget) {
  const auto target = [](Bytes threshold) {
    return watermarks({.threshold = threshold, .target = {}}, GiB(1)).target;
  };
  EXPECT_EQ(target(Bytes{1000}), Bytes{800});
  EXPECT_EQ(target(Bytes{99}), Bytes{79});
  EXPECT_EQ(target(Bytes{1}), Bytes{0});
  EXPECT_EQ(watermarks({.threshold = Percent{25}, .target = {}}, MiB(1000)).target, MiB(200));
}

TEST(Watermarks, NeverPutTheTargetAboveTheThreshold) {
  const auto marks = watermarks({.threshold = MiB(10), .target = Percent{100}}, GiB(1));
  EXPECT_EQ(marks.target, MiB(10));
}

TEST(Watermarks, SurviveHugeValues) {
  const auto bytes = watermarks({.threshold = kMostBytes, .target = {}}, kMostBytes);
  EXPECT_EQ(bytes.threshold, kMostBytes);
  EXPECT_EQ(bytes.target, Bytes{14757395258967641292U});
  const auto all = watermarks({.threshold = Percent{100}, .target = {}}, kMostBytes);
  EXPECT_EQ(all.threshold, kMostBytes);
  EXPECT_GT(watermarks({.threshold = Percent{25}, .target = {}}, kMostBytes).target, GiB(1U << 30U));
}

TEST(CacheSample, IsNeededFromTheThresholdOn) {
  const Watermarks marks{.threshold = MiB(100), .target = MiB(80)};
  EXPECT_FALSE(needs_cache_sample(MiB(100) - Bytes{1}, marks));
  EXPECT_TRUE(needs_cache_sample(MiB(100), marks));
}

TEST(Decide, LeavesACgroupAloneThatUsageShowsToBeBelow) {
  EXPECT_TRUE(skips_with<BelowThreshold>(decide({.usage = MiB(1), .effective_limit = GiB(1), .cache = {}})));
}

TEST(Decide, AsksForWhatIsOverTheTargetFromTheThresholdOn) {
  const auto at = decide(sample_of(MiB(100)));
  ASSERT_TRUE(request_in(at));
  EXPECT_EQ(request_in(at)->bytes, MiB(20));
  EXPECT_EQ(request_in(at)->target, MiB(80));
  EXPECT_EQ(request_in(at)->not_before, kStart);
  EXPECT_TRUE(skips_with<BelowThreshold>(decide(sample_of(MiB(100) - Bytes{1}))));
  EXPECT_EQ(request_in(decide(sample_of(MiB(500))))->bytes, MiB(420));
}

TEST(Decide, AsksForEverythingWhereTheTargetIsZero) {
  auto policy = kPolicy;
  policy.target = Bytes{};
  EXPECT_EQ(request_in(decide(sample_of(MiB(100)), {}, kStart, policy))->bytes, MiB(100));
}

TEST(Decide, SaysThatNothingIsReclaimableWhereOnlyShmemIsOverTheThreshold) {
  EXPECT_TRUE(skips_with<NothingReclaimable>(decide(sample_of(Bytes{}, MiB(300)))));
  EXPECT_TRUE(skips_with<NothingReclaimable>(decide(sample_of(MiB(80), MiB(20)))));
  EXPECT_TRUE(skips_with<BelowThreshold>(decide(sample_of(MiB(80), MiB(20) - Bytes{1}))));
}

TEST(Decide, SaysBelowThresholdWhereSomethingIsReclaimableButNotEnough) {
  EXPECT_TRUE(skips_with<BelowThreshold>(decide(sample_of(MiB(90), MiB(300)))));
  EXPECT_TRUE(skips_with<BelowThreshold>(decide(sample_of(MiB(80) + Bytes{1}, MiB(300)))));
}

TEST(Decide, NeverAsksForNothing) {
  auto policy = kPolicy;
  policy.target = MiB(100);
  EXPECT_FALSE(request_in(decide(sample_of(MiB(100)), {}, kStart, policy)));
  EXPECT_EQ(request_in(decide(sample_of(MiB(101)), {}, kStart, policy))->bytes, MiB(1));
  policy.threshold = policy.target.emplace(Bytes{});
  EXPECT_FALSE(request_in(decide(sample_of(Bytes{}), {}, kStart, policy)));
}

TEST(Decide, SaysThatTheCacheIsNeededWhereItsTargetHasRisen) {
  History history;
  history.learning.raise = MiB(50);
  const auto decide_at = [&](Bytes reclaimable) {
    const auto marks = learned_marks(watermarks(kPolicy, GiB(1)), history.learning);
    return cmm::decide({kPolicy, marks, history, sample_of(reclaimable)}, kStart);
  };
  EXPECT_TRUE(skips_with<BelowThreshold>(decide_at(MiB(99))));
  EXPECT_TRUE(skips_with<Needed>(decide_at(MiB(130))));
  const auto over = decide_at(MiB(131));
  ASSERT_TRUE(request_in(over));
  EXPECT_EQ(request_in(over)->bytes, MiB(1));
  EXPECT_EQ(request_in(over)->target, MiB(130));
}

TEST(Decide, CallsNothingNeededThatIsBelowTheThreshold) {
  History history;
  history.learning.raise = MiB(50);
  const auto marks = learned_marks(watermarks(kPolicy, GiB(1)), history.learning);
  const auto decide_at = [&](Bytes reclaimable, bool at_limit) {
    return cmm::decide({kPolicy, marks, history, sample_of(reclaimable, MiB(300)), at_limit}, kStart);
  };
  EXPECT_TRUE(skips_with<BelowThreshold>(decide_at(MiB(90), false))) << "it is over with shmem only";
  EXPECT_TRUE(skips_with<Needed>(decide_at(MiB(100), false)));
  EXPECT_TRUE(skips_with<Needed>(decide_at(MiB(90), true))) << "at its limit it would have been trimmed";
  EXPECT_TRUE(skips_with<NothingReclaimable>(decide_at(MiB(80), false)));
}

TEST(Decide, TrimsWhatIsAboutToFillItsLimitDownToItsTargetRightNow) {
  const History history;
  const auto sample = sample_of(MiB(90));
  const auto marks = watermarks(kPolicy, GiB(1));
  EXPECT_TRUE(skips_with<BelowThreshold>(cmm::decide({kPolicy, marks, history, sample, false}, kStart)));
  const auto decision = cmm::decide({kPolicy, marks, history, sample, true}, kStart);
  ASSERT_TRUE(request_in(decision));
  EXPECT_EQ(request_in(decision)->bytes, MiB(10));
}

TEST(Decide, HeedsItsGuards) {
  auto sample = sample_of(MiB(200));
  sample.guards.opted_out = true;
  EXPECT_TRUE(skips_with<Ignored>(decide(sample)));
  sample.guards = {.swappable = false, .opted_out = false, .pressure = Percent{20.01}};
  EXPECT_TRUE(skips_with<UnderPressure>(decide(sample)));
  sample.guards.pressure = Percent{20};
  ASSERT_TRUE(request_in(decide(sample)));
  EXPECT_EQ(request_in(decide(sample))->max_pressure, Percent{20}) << "it holds during the reclaim too";
}

TEST(Cooldown, EndsExactlyWhenItShould) {
  const History attempted{.last_attempt = kStart, .in_flight = false};
  const auto after = [&](Duration time) { return decide(sample_of(MiB(200)), attempted, kStart + time); };
  EXPECT_TRUE(skips_with<CoolingDown>(after(0s)));
  EXPECT_TRUE(skips_with<CoolingDown>(after(29s)));
  EXPECT_TRUE(skips_with<CoolingDown>(after(30s - 51ms)));
  EXPECT_TRUE(skips_with<CoolingDown>(after(30s - kScanJitter - 1ns)));
  EXPECT_TRUE(request_in(after(30s - kScanJitter)));
  EXPECT_TRUE(request_in(after(30s)));
  EXPECT_TRUE(request_in(after(300h)));
}

TEST(Cooldown, SaysWhenItEnds) {
  const auto decision =
      decide(sample_of(MiB(200)), {.last_attempt = kStart, .in_flight = false}, kStart + 10s);
  ASSERT_TRUE(skips_with<CoolingDown>(decision));
  EXPECT_EQ(std::get<CoolingDown>(std::get<Skip>(decision)).until, kStart + 30s);
}

TEST(Cooldown, HoldsTheRequestOfAScanThatCameAMomentEarlyBackToItsEnd) {
  const History attempted{.last_attempt = kStart, .in_flight = false};
  for (const Duration time : {Duration{30s - 50ms}, Duration{30s - 1ns}, Duration{30s}}) {
    const auto decision = decide(sample_of(MiB(200)), attempted, kStart + time);
    ASSERT_TRUE(request_in(decision));
    EXPECT_EQ(request_in(decision)->not_before, kStart + 30s);
  }
}

TEST(Cooldown, OfZeroHoldsNothingBack) {
  auto policy = kPolicy;
  policy.cooldown = 0s;
  const History attempted{.last_attempt = kStart, .in_flight = false};
  EXPECT_TRUE(request_in(decide(sample_of(MiB(200)), attempted, kStart, policy)));
}

TEST(Decide, GivesTheFirstReasonThatHolds) {
  auto over = sample_of(MiB(200));
  over.guards.swappable = true;
  const History cooling{.last_attempt = kStart, .in_flight = false};
  const History in_flight{.last_attempt = kStart, .in_flight = true};
  auto below = sample_of(MiB(1));
  below.guards.swappable = true;

  EXPECT_TRUE(skips_with<InFlight>(decide(over, in_flight))) << "before the cooldown";
  EXPECT_TRUE(skips_with<InFlight>(decide(below, in_flight))) << "before the threshold";
  EXPECT_TRUE(skips_with<InFlight>(decide({}, in_flight))) << "before the missing cache";
  EXPECT_TRUE(skips_with<BelowThreshold>(decide(below, cooling))) << "before the cooldown";
  EXPECT_TRUE(skips_with<NothingReclaimable>(decide(sample_of(Bytes{}, MiB(300)), cooling)))
      << "before the cooldown";
  EXPECT_TRUE(skips_with<CoolingDown>(decide(over, cooling))) << "before swap";
  EXPECT_TRUE(skips_with<WouldSwap>(decide(over)));
}

TEST(Decide, SwapsOnlyWhereItIsAllowedTo) {
  auto over = sample_of(MiB(200));
  over.guards.swappable = true;
  EXPECT_TRUE(skips_with<WouldSwap>(decide(over)));
  auto policy = kPolicy;
  policy.allow_swap = true;
  EXPECT_TRUE(request_in(decide(over, {}, kStart, policy)));
}

/// Values from all magnitudes, so that the boundaries are met as often as the plains.
class Dice {
 public:
  Bytes bytes() { return Bytes{engine_() >> (engine_() % 64U)}; }
  /// Often exactly `mark`, or one beside it.
  Bytes near(Bytes mark) { return engine_() % 3U == 0 ? bytes() : (mark + Bytes{engine_() % 3U}) - Bytes{1}; }
  bool coin() { return engine_() % 2U == 0; }
  Amount amount() {
    if (coin()) return bytes();
    return Percent{static_cast<double>(engine_() % 1001U) / 10.0};
  }
  Duration time(Duration up_to) {
    return Duration{static_cast<Duration::rep>(engine_() % static_cast<std::uint64_t>(up_to.count()))};
  }

 private:
  std::mt19937_64 engine_{20240229};
};

struct Situation {
  ReclaimPolicy policy;
  History history;
  MemorySample sample;
  TimePoint now;
  Watermarks marks;
};

Situation any_situation(Dice& dice) {
  Situation any;
  any.policy.threshold = dice.amount();
  if (dice.coin()) any.policy.target = dice.amount();
  any.policy.cooldown = dice.time(60s);
  any.policy.allow_swap = dice.coin();
  any.sample.effective_limit = dice.bytes();
  any.sample.guards.swappable = dice.coin();
  any.marks = watermarks(any.policy, any.sample.effective_limit);
  if (dice.coin()) {
    const auto reclaimable = dice.near(dice.coin() ? any.marks.threshold : any.marks.target);
    any.sample.cache = CacheSample{.cache = reclaimable + (dice.coin() ? Bytes{} : dice.bytes()),
                                   .reclaimable = reclaimable};
  }
  any.now = kStart + dice.time(60s);
  if (dice.coin()) any.history.last_attempt = any.now - dice.time(90s);
  any.history.in_flight = dice.time(4ns) == 0ns;
  return any;
}

TEST(DecideProperties, OfARequestHoldInEverySituation) {
  Dice dice;
  int requests = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto [policy, history, sample, now, marks] = any_situation(dice);
    const auto decision = cmm::decide({policy, marks, history, sample}, now);
    ASSERT_LE(marks.target, marks.threshold);
    const auto* request = request_in(decision);
    if (request == nullptr) continue;
    ++requests;
    ASSERT_TRUE(sample.cache);
    const auto reclaimable = sample.cache->reclaimable;
    ASSERT_EQ(request->bytes, reclaimable - request->target);
    ASSERT_EQ(request->target, marks.target);
    ASSERT_GT(request->bytes, Bytes{});
    ASSERT_GE(reclaimable, marks.threshold);
    ASSERT_FALSE(history.in_flight);
    ASSERT_TRUE(policy.allow_swap || !sample.guards.swappable);
    ASSERT_LE(request->not_before, now + kScanJitter);
    if (history.last_attempt) {
      ASSERT_EQ(request->not_before, *history.last_attempt + policy.cooldown);
    } else {
      ASSERT_EQ(request->not_before, now);
    }
  }
  EXPECT_GT(requests, 1000) << "or else the dice show nothing";
}

TEST(DecideProperties, OfASkipHoldInEverySituation) {
  Dice dice;
  int cooling = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto [policy, history, sample, now, marks] = any_situation(dice);
    const auto decision = cmm::decide({policy, marks, history, sample}, now);
    ASSERT_EQ(skips_with<InFlight>(decision), history.in_flight);
    ASSERT_FALSE(skips_with<Unreadable>(decision)) << "what was read is readable";
    if (skips_with<BelowThreshold>(decision) && sample.cache) {
      ASSERT_LT(sample.cache->reclaimable, marks.threshold);
    }
    if (skips_with<NothingReclaimable>(decision)) {
      ASSERT_LE(sample.cache->reclaimable, marks.target);
    }
    if (skips_with<CoolingDown>(decision)) {
      ++cooling;
      ASSERT_GT(std::get<CoolingDown>(std::get<Skip>(decision)).until, now + kScanJitter);
    }
  }
  EXPECT_GT(cooling, 500);
}

}  // namespace
}  // namespace cmm
