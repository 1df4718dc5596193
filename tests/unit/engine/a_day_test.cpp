// SPDX-License-Identifier: Apache-2.0
// What workloads see of the daemon in a day.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "support/fake_machine.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::cycling;
using test::FakeMachine;
using test::FakeWorkload;
using test::streaming;
using test::stubborn;
using test::usual;
using testing::Each;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;

/// How many attempts there were in each of the hours.
std::vector<unsigned> by_hour(const FakeWorkload& workload, unsigned hours = 24) {
  std::vector<unsigned> counts(hours);
  for (const auto at : workload.attempts) {
    ++counts.at(static_cast<std::size_t>((at - FakeMachine::kStart) / 1h));
  }
  return counts;
}

std::vector<Duration> gaps(const FakeWorkload& workload) {
  std::vector<Duration> between;
  for (std::size_t i = 1; i < workload.attempts.size(); ++i)
    between.push_back(workload.attempts[i] - workload.attempts[i - 1]);
  return between;
}

template <class T>
std::vector<T> after_the_first(std::vector<T> values) {
  values.erase(values.begin());
  return values;
}

Bytes sum(const std::vector<ReclaimOutcome>& outcomes, Bytes ReclaimOutcome::*member) {
  Bytes total;
  for (const auto& outcome : outcomes) total += outcome.*member;
  return total;
}

TEST(ADay, OfAWorkloadThatCyclesThroughItsCacheHasAHandfulOfReclaimsAnHour) {
  FakeMachine machine{usual()};
  const auto& web = machine.add(cycling("web", MiB(600)));
  machine.run(24h);
  const auto hours = by_hour(web);
  EXPECT_LE(hours[0], 9U) << "five to learn, then one in sixteen minutes";
  EXPECT_THAT(after_the_first(hours), Each(Le(5U)));
}

TEST(ADay, OfAStreamingWorkloadIsTrimmedAtTheBaseCooldown) {
  FakeMachine machine{usual()};
  const auto& stream = machine.add(streaming("stream", MiB(2)));
  machine.run(24h);
  EXPECT_THAT(gaps(stream), Each(Ge(Duration{30s}))) << "neither early …";
  EXPECT_THAT(gaps(stream), Each(Le(Duration{30s + 90ms}))) << "… nor an interval late";
  EXPECT_EQ(machine.row_of(stream).cooldown, 30s);
}

TEST(ADay, IsEnteredIntoTheLedger) {
  FakeMachine machine{usual()};
  const auto& web = machine.add(cycling("web", MiB(600)));
  const auto& stream = machine.add(streaming("stream", MiB(2)));
  machine.run(24h);
  for (const auto* workload : {&web, &stream}) {
    const auto ledger = *machine.row_of(*workload).ledger;
    // Of the last scan: that it reclaimed as well is known to the next one.
    const auto known = workload->outcomes.size() - ledger.reclaims;
    EXPECT_LE(known, 1U);
    auto outcomes = workload->outcomes;
    outcomes.resize(ledger.reclaims);
    EXPECT_EQ(ledger.requested, sum(outcomes, &ReclaimOutcome::requested));
    EXPECT_EQ(ledger.freed, sum(outcomes, &ReclaimOutcome::freed));
    EXPECT_EQ(ledger.slices, outcomes.size());
    EXPECT_EQ(ledger.cpu, outcomes.size() * 2ms);
    EXPECT_EQ(ledger.duration, outcomes.size() * 2ms);
  }
  const auto& all = *machine.row_of(web).ledger;
  ASSERT_TRUE(all.refaulted);
  EXPECT_EQ(machine.row_of(stream).ledger->refaulted, Bytes{}) << "counted, and nothing";
  const auto last = web.outcomes.back().freed;
  EXPECT_LE(*all.refaulted, all.freed);
  EXPECT_GE(*all.refaulted + last + KiB(4 * all.reclaims), all.freed) << "all but of the last, in pages";
}

TEST(ADay, OfPagesThatDontGoHasFewAttemptsAnHour) {
  for (const auto end : {ReclaimEnd::no_progress, ReclaimEnd::out_of_cpu, ReclaimEnd::out_of_time}) {
    FakeMachine machine{usual()};
    const auto& hot = machine.add(stubborn("hot", MiB(600), end, 1s));
    machine.run(24h);
    const auto hours = by_hour(hot);
    EXPECT_LE(hours[0], 9U) << to_string(end);
    EXPECT_THAT(after_the_first(hours), Each(Le(4U))) << to_string(end);
  }
}

TEST(ADay, WithAnHourOfPressureHasNoAttemptInThatAndOneSoonAfterwards) {
  FakeMachine machine{usual()};
  auto& stream = machine.add(streaming("stream", MiB(1)));
  machine.run(5h);
  stream.pressure = 60;
  machine.run(1h);
  stream.pressure = 3;
  machine.run(18h);
  EXPECT_EQ(by_hour(stream)[5], 0U);
  const auto after =
      std::ranges::find_if(stream.attempts, [](TimePoint at) { return at >= FakeMachine::kStart + 6h; });
  ASSERT_NE(after, stream.attempts.end());
  EXPECT_LE(*after, FakeMachine::kStart + 6h + 21s) << "with the next scan";
  EXPECT_EQ(machine.row_of(stream).cooldown, 30s);
}

TEST(ADay, ThatIsIdleIsSleptThrough) {
  auto setup = usual();
  setup.pace.longest = 1min;
  setup.policy = {.threshold = Percent{80}, .target = Percent{60}, .cooldown = 30s};
  FakeMachine machine{setup};
  auto& web = machine.add({.name = "web", .cache = MiB(50), .limit = GiB(1)});
  machine.run(12h);
  EXPECT_LE(machine.scans(), 12U * 60 + 1);
  EXPECT_THAT(web.attempts, IsEmpty());

  web.live = streaming("", MiB(9)).live;
  machine.run(1h);
  EXPECT_LT(web.most_usage, GiB(1)) << "it would have been full in two minutes";
  EXPECT_FALSE(web.attempts.empty());

  web.live = {};
  const auto before = machine.scans();
  machine.run(11h);
  EXPECT_LE(machine.scans() - before, 11U * 60 + 2);
}

}  // namespace
}  // namespace cmm
