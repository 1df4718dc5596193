// SPDX-License-Identifier: Apache-2.0
// What the engine makes of rules, guards, gate, budgets and lessons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "support/access_watch.hpp"
#include "support/engine_fixture.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::decision_of;
using test::kStart;
using testing::IsEmpty;
using testing::SizeIs;

class EnginePolicyTest : public test::EngineFixture {};

INSTANTIATE_TEST_SUITE_P(On, EnginePolicyTest, testing::Values(CgroupVersion::v1, CgroupVersion::v2),
                         [](const auto& version) {
                           return version.param == CgroupVersion::v1 ? "v1" : "v2";
                         });

TEST_P(EnginePolicyTest, ObeysTheFirstRuleThatMatches) {
  Rule databases;
  databases.match.path = "top/db*";
  databases.ignore = true;
  Rule others;
  others.match.path = "top/*";
  others.threshold = MiB(400);
  others.cooldown = std::chrono::seconds{5};
  others.max_pressure = Percent{5};
  setup.rules = {databases, others};
  add("db-1", MiB(200));
  add("web", MiB(200));
  const auto report = scan().report;
  EXPECT_EQ(decision_of(row_of(report, "db-1")), "ignored");
  EXPECT_EQ(row_of(report, "db-1").rule, 0U);
  EXPECT_FALSE(row_of(report, "db-1").sample->cache) << "nothing is asked of it";
  EXPECT_EQ(row_of(report, "db-1").marks.threshold, MiB(100)) << "what would hold for it";
  EXPECT_EQ(decision_of(row_of(report, "web")), "below threshold");
  EXPECT_EQ(row_of(report, "web").marks.threshold, MiB(400));
  EXPECT_EQ(row_of(report, "web").rule, 1U);
  EXPECT_EQ(row_of(report, "web").max_pressure, Percent{5});
  EXPECT_EQ(row_of(report, "web").configured_cooldown, std::chrono::seconds{5});
  EXPECT_EQ(row_of(report, "db-1").max_pressure, Percent{20});
}

TEST_P(EnginePolicyTest, GoesOnWithOtherRulesAndKeepsItsCooldowns) {
  add("db-1", MiB(200));
  add("web", MiB(200));
  auto first = scan();
  ASSERT_THAT(first.jobs, SizeIs(2));
  for (const auto& job : first.jobs) {
    ReclaimOutcome outcome;
    outcome.started_at = kStart;
    engine().record(job, outcome);
  }
  Rule databases;
  databases.match.path = "top/db*";
  databases.ignore = true;
  setup.rules = {databases};
  engine().change(setup);
  const auto report = scan(1s).report;
  EXPECT_EQ(decision_of(row_of(report, "db-1")), "ignored");
  EXPECT_EQ(decision_of(row_of(report, "web")), "cooling down");
  setup.rules = {};
  engine().change(setup);
  EXPECT_EQ(decision("db-1", 2s), "cooling down") << "its history went with the rule";
}

TEST_P(EnginePolicyTest, GoesOnWithOtherParents) {
  add("web", MiB(200));
  ASSERT_THAT(scan().report.targets, SizeIs(1));
  tree.add("elsewhere");
  tree.add("elsewhere/db", {.usage = MiB(2), .cache = MiB(1)});
  setup.parents = {{"top"}, {"elsewhere"}};
  engine().change(setup);
  EXPECT_THAT(scan(1s).report.targets, SizeIs(2));
  setup.parents = {{"elsewhere"}};
  engine().change(setup);
  const auto report = scan(2s).report;
  ASSERT_THAT(report.targets, SizeIs(1));
  EXPECT_EQ(report.targets.front().cgroup->path, "elsewhere/db");
}

TEST_P(EnginePolicyTest, LeavesACgroupUnderPressureAlone) {
  add("web", MiB(200));
  set_pressure("web", "20.01");
  EXPECT_EQ(decision("web"), "under pressure");
  set_pressure("web", "20.00");
  EXPECT_EQ(decision("web", 1s), "request");
}

TEST_P(EnginePolicyTest, HasNoPressureGuardWhereTheKernelMeasuresNone) {
  add("web", MiB(200));
  EXPECT_EQ(decision("web"), "request");
}

TEST_P(EnginePolicyTest, LooksAtNothingWhileTheGateIsClosed) {
  setup.gate.node_available_below = Percent{15};
  tree.write_below_root("proc/meminfo",
                        "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 151 kB\nSwapTotal: 0 kB\n");
  add("web", MiB(200));
  test::AccessWatch accesses;
  for (const auto* cgroup : {"top", "top/web"}) accesses.add(tree.absolute(cgroup));
  const auto closed = scan();
  EXPECT_FALSE(accesses.saw_any());
  ASSERT_TRUE(closed.report.gate_closed);
  EXPECT_EQ(closed.report.gate_closed->available, KiB(151));
  EXPECT_THAT(closed.report.targets, IsEmpty());
  EXPECT_THAT(closed.jobs, IsEmpty());
  EXPECT_EQ(closed.report.next_in, 10s);

  tree.write_below_root("proc/meminfo",
                        "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 149 kB\nSwapTotal: 0 kB\n");
  EXPECT_THAT(scan(10s).report.targets, SizeIs(1));
  EXPECT_TRUE(accesses.saw_any());
}

TEST_P(EnginePolicyTest, GivesTheBudgetToTheLargestExcessAndSaysWhoWaits) {
  setup.budget.bytes = MiB(150);
  add("large", MiB(200));
  add("small", MiB(110));
  const auto first = scan();
  ASSERT_THAT(first.jobs, SizeIs(2));
  add("third", MiB(300));
  made.reset();
  const auto [report, jobs] = scan();
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].cgroup->path, "top/third");
  EXPECT_EQ(jobs[0].request.bytes, MiB(150));
  EXPECT_EQ(jobs[0].request.target, MiB(150)) << "what wasn't granted stays";
  EXPECT_EQ(jobs[0].request.byte_budget, MiB(150)) << "however much it reads meanwhile";
  EXPECT_EQ(decision_of(row_of(report, "large")), "deferred");
  EXPECT_EQ(decision_of(row_of(report, "small")), "deferred");
  EXPECT_THAT(scan(10s).jobs, SizeIs(2)) << "a deferral costs no cooldown";
}

TEST_P(EnginePolicyTest, BoundsNothingWithoutABudget) {
  add("web", MiB(200));
  EXPECT_EQ(scan().jobs.at(0).request.byte_budget, Bytes{~std::uint64_t{0}});
}

TEST_P(EnginePolicyTest, StartsWithTheLargestExcess) {
  add("small", MiB(110));
  add("large", MiB(300));
  add("middle", MiB(200));
  const auto jobs = scan().jobs;
  ASSERT_THAT(jobs, SizeIs(3));
  EXPECT_EQ(jobs[0].cgroup->path, "top/large");
  EXPECT_EQ(jobs[1].cgroup->path, "top/middle");
  EXPECT_EQ(jobs[2].cgroup->path, "top/small");
}

TEST_P(EnginePolicyTest, LearnsFromWhatComesBack) {
  set_refaults("web", MiB(200), 1000);
  auto first = scan();
  ASSERT_THAT(first.jobs, SizeIs(1));
  ReclaimOutcome outcome;
  outcome.end = ReclaimEnd::target_reached;
  outcome.requested = outcome.freed = MiB(120);
  outcome.cache_after = MiB(80);
  outcome.refaults = Bytes{1000 * 4096};
  outcome.started_at = kStart;
  engine().record(first.jobs[0], outcome);
  EXPECT_EQ(row_of(scan(10s).report, "web").ledger->freed, MiB(120));

  const auto pages = static_cast<std::uint64_t>(1000 + MiB(120).count() / 4096);
  set_refaults("web", MiB(200), pages);
  EXPECT_EQ(decision("web", 29s), "cooling down");
  const auto [report, jobs] = scan(30s);
  ASSERT_THAT(report.lessons, SizeIs(1));
  EXPECT_EQ(report.lessons[0].freed, MiB(120));
  EXPECT_EQ(report.lessons[0].refaulted, MiB(120));
  EXPECT_EQ(report.lessons[0].cooldown, 60s);
  EXPECT_EQ(report.lessons[0].raise, MiB(60));
  const auto& row = row_of(report, "web");
  EXPECT_EQ(decision_of(row), "cooling down");
  EXPECT_EQ(row.marks.target, MiB(140));
  EXPECT_EQ(row.ledger->refaulted, MiB(120)) << "in the report of the scan that counted it";
  EXPECT_THAT(scan(60s).jobs, SizeIs(1)) << "after twice the cooldown";
}

TEST_P(EnginePolicyTest, TellsOfAFutileReclaimWithTheNextReport) {
  add("web", MiB(200));
  auto first = scan();
  ASSERT_THAT(first.jobs, SizeIs(1));
  ReclaimOutcome outcome;
  outcome.end = ReclaimEnd::no_progress;
  outcome.requested = MiB(120);
  outcome.started_at = kStart;
  engine().record(first.jobs[0], outcome);
  const auto report = scan(10s).report;
  ASSERT_THAT(report.lessons, SizeIs(1));
  EXPECT_EQ(report.lessons[0].cooldown, 60s);
  EXPECT_EQ(decision("web", 59s), "cooling down");
  EXPECT_EQ(decision("web", 60s), "request");
}

// ---- cgroups on which the kernel hangs ----

TEST_P(EnginePolicyTest, TouchesNothingInQuarantineAndNamesIt) {
  add("stuck", MiB(200));
  add("web", MiB(200));
  ScanWatch watch;
  const auto [report, jobs] = engine().scan(kStart, watch, {{"top/stuck", Stuck{kStart - 5s, {}}}});
  EXPECT_EQ(decision_of(row_of(report, "stuck")), "stuck");
  EXPECT_EQ(std::get<Stuck>(std::get<Skip>(row_of(report, "stuck").decision)).since, kStart - 5s);
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].cgroup->path, "top/web");

  ScanWatch next;
  EXPECT_THAT(engine().scan(kStart + 1s, next, {}).jobs, SizeIs(1)) << "it is looked at again afterwards";
}

TEST_P(EnginePolicyTest, EndsAScanThatWasTakenOverAndLeavesItsMemoryToTheNext) {
  add("web", MiB(200));
  add("other", MiB(200));
  auto first = scan();
  ASSERT_THAT(first.jobs, SizeIs(2));
  ReclaimOutcome futile;
  futile.end = ReclaimEnd::no_progress;
  futile.requested = MiB(120);
  futile.started_at = kStart;
  engine().record(first.jobs[1], futile);
  ScanWatch watch;
  const auto other = std::make_shared<const Cgroup>(Cgroup{CgroupId{1}, "top/other", {}});
  EXPECT_THROW(watch.call(other, [&] { return watch.take_over(watch.step()); }), TakenOver);
  EXPECT_THROW(engine().scan(kStart + 1s, watch, {}), TakenOver);

  Engine successor{setup, engine().take_memory()};
  const auto report = successor.scan(kStart + 1s).report;
  EXPECT_EQ(decision_of(row_of(report, "web")), "in flight");
  EXPECT_EQ(decision_of(row_of(report, "other")), "cooling down");
  EXPECT_THAT(report.lessons, SizeIs(1)) << "what the old one didn't come to tell";
}

}  // namespace
}  // namespace cmm
