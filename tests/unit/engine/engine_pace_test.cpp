// SPDX-License-Identifier: Apache-2.0
// When the engine wants to scan next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "support/engine_fixture.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::decision_of;
using test::kStart;
using testing::SizeIs;

class EnginePaceTest : public test::EngineFixture {
 protected:
  /// A cgroup with a limit of 500 MiB.
  void add_limited(Bytes cache, Bytes anon) {
    tree.add("top/web", {.usage = cache + anon, .cache = cache, .limit = std::to_string(MiB(500).count())});
  }
};

INSTANTIATE_TEST_SUITE_P(On, EnginePaceTest, testing::Values(CgroupVersion::v1, CgroupVersion::v2),
                         [](const auto& version) {
                           return version.param == CgroupVersion::v1 ? "v1" : "v2";
                         });

TEST_P(EnginePaceTest, ComesBackSoonerWhereACgroupIsAboutToPassItsThreshold) {
  add("web", MiB(20));
  EXPECT_EQ(scan().report.next_in, 10s);
  add("web", MiB(60));
  const auto soon = scan(10s).report.next_in;  // 4 MiB/s, 39 MiB to go
  EXPECT_GT(soon, 9s);
  EXPECT_LT(soon, 10s);
  add("web", MiB(98));
  EXPECT_EQ(scan(12s).report.next_in, 1s) << "not sooner than the shortest";
}

TEST_P(EnginePaceTest, TrimsNowWhatWillHaveFilledItsLimitBeforeTheNextScan) {
  add_limited(MiB(90), MiB(200));
  EXPECT_EQ(decision("web"), "below threshold");
  add_limited(MiB(90), MiB(220));
  EXPECT_EQ(decision("web", 10s), "below threshold") << "at this pace it takes longer";
  add_limited(MiB(90), MiB(380));
  const auto jobs = scan(20s).jobs;
  ASSERT_THAT(jobs, SizeIs(1)) << "16 MiB/s, 30 MiB to go";
  EXPECT_EQ(jobs[0].request.bytes, MiB(10));
}

TEST_P(EnginePaceTest, LooksAgainBeforeALimitIsFilledInsteadOfTrimmingTooEarly) {
  setup.policy.threshold = MiB(400);
  add_limited(MiB(90), MiB(310));
  scan();
  add_limited(MiB(90), MiB(360));
  const auto [report, jobs] = scan(10s);  // 5 MiB/s, 50 MiB to go
  EXPECT_EQ(decision_of(row_of(report, "web")), "below threshold");
  EXPECT_EQ(report.next_in, 5s) << "half-way";
  add_limited(MiB(90), MiB(385));
  EXPECT_EQ(scan(15s).report.next_in, 2500ms);
  add_limited(MiB(90), MiB(402));
  EXPECT_THAT(scan(18s).jobs, SizeIs(1)) << "8 MiB to go: that is too soon to wait for another scan";
}

TEST_P(EnginePaceTest, TakesNoNoticeOfALimitWhereNothingCouldBeTrimmed) {
  setup.policy.threshold = MiB(400);
  add_limited(MiB(70), MiB(330));
  scan();
  add_limited(MiB(70), MiB(380));
  EXPECT_EQ(scan(10s).report.next_in, 10s) << "the cache is below its target";
}

TEST_P(EnginePaceTest, SleepsWhereACgroupStandsAtItsLimit) {
  setup.policy.threshold = MiB(400);
  add_limited(MiB(90), MiB(410));
  scan();
  const auto report = scan(10s).report;
  EXPECT_EQ(decision_of(row_of(report, "web")), "below threshold");
  EXPECT_EQ(report.next_in, 10s);
}

TEST_P(EnginePaceTest, GoesOnWatchingAFastGrowerAfterItsReclaim) {
  setup.pace.longest = 1min;
  setup.policy = {.threshold = MiB(200), .target = MiB(100), .cooldown = 10s};
  add("web", MiB(50));
  scan();
  add("web", MiB(200));
  auto second = scan(30s);  // 5 MiB/s
  ASSERT_THAT(second.jobs, SizeIs(1));
  EXPECT_EQ(second.report.next_in, 20s) << "from the target to the threshold";
  ReclaimOutcome outcome;
  outcome.freed = outcome.requested = MiB(100);
  outcome.started_at = kStart + 30s;
  add("web", MiB(120));
  EXPECT_EQ(scan(34s).report.next_in, 1min) << "in flight: it can't be told what is new";
  engine().record(second.jobs[0], outcome);
  add("web", MiB(150));
  EXPECT_EQ(scan(40s).report.next_in, 9800ms) << "it grew by 50 MiB beside the 100 that were freed";
}

TEST_P(EnginePaceTest, WaitsForTheCooldownOfWhatItReclaims) {
  setup.pace.longest = 1min;
  add("web", MiB(50));
  scan();
  add("web", MiB(100));
  const auto [report, jobs] = scan(5s);  // 10 MiB/s
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(report.next_in, 30s) << "over its threshold in two seconds, and cooling down until then";
}

TEST_P(EnginePaceTest, ScansWhenACooldownEnds) {
  setup.pace.longest = 1min;
  add("web", MiB(200));
  auto first = scan();
  ASSERT_THAT(first.jobs, SizeIs(1));
  EXPECT_EQ(first.report.next_in, 1min);
  ReclaimOutcome outcome;
  outcome.started_at = kStart + 1s;
  engine().record(first.jobs[0], outcome);
  const auto report = scan(5s).report;
  ASSERT_EQ(decision_of(row_of(report, "web")), "cooling down");
  EXPECT_EQ(report.next_in, 26s);
  add("web", MiB(50));
  EXPECT_EQ(scan(6s).report.next_in, 1min) << "nothing waits for it any more";
}

TEST_P(EnginePaceTest, JudgesNothingLongAfterTheCooldown) {
  set_refaults("web", MiB(200), 0);
  auto first = scan();
  ReclaimOutcome outcome;
  outcome.end = ReclaimEnd::target_reached;
  outcome.requested = outcome.freed = MiB(120);
  outcome.cache_after = MiB(80);
  outcome.refaults = Bytes{};
  outcome.started_at = kStart;
  engine().record(first.jobs.at(0), outcome);
  set_refaults("web", MiB(200), MiB(120).count() / 4096);
  const auto report = scan(30s + 20s).report;
  EXPECT_THAT(report.lessons, SizeIs(0)) << "two intervals after the end of the cooldown";
  EXPECT_FALSE(row_of(report, "web").ledger->refaulted);
  EXPECT_EQ(row_of(report, "web").cooldown, 30s);
}

}  // namespace
}  // namespace cmm
