// SPDX-License-Identifier: Apache-2.0
// What the engine makes of rules, guards, gate, budgets and lessons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "engine/engine.hpp"
#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::FakeTree;
using testing::IsEmpty;
using testing::SizeIs;

const TimePoint kStart{1000h};

/// Threshold 100 MiB, target 80 MiB, cooldown 30 s, one scan in 10 s; leaves below "top".
class EnginePolicyTest : public testing::TestWithParam<CgroupVersion> {
 protected:
  EnginePolicyTest() { tree.add("top"); }

  CgroupRef add(const std::string& name, Bytes cache, Bytes others = MiB(1)) {
    return tree.add("top/" + name, {.usage = cache + others, .cache = cache});
  }

  Engine& engine() {
    if (!made) {
      setup.hierarchy = tree.hierarchy();
      setup.parents = {{"top"}};
      setup.root = tree.root();
      made = std::make_unique<Engine>(setup);
    }
    return *made;
  }

  Scan scan(Duration after = 0s) { return engine().scan(kStart + after); }

  static const TargetReport& row_of(const ScanReport& report, const std::string& name) {
    for (const auto& row : report.targets) {
      if (row.cgroup->path == "top/" + name) return row;
    }
    throw std::runtime_error("no row for " + name);
  }

  static std::string decision_in(const TargetReport& row) {
    const auto* skip = std::get_if<Skip>(&row.decision);
    return skip != nullptr ? std::string{reason(*skip)} : "request";
  }

  std::string decision(const std::string& name, Duration after = 0s) {
    return decision_in(row_of(scan(after).report, name));
  }

  void set_pressure(const std::string& name, const std::string& avg10) const {
    const auto text = "some avg10=" + avg10 + " avg60=0.00 avg300=0.00 total=0\n";
    if (GetParam() == CgroupVersion::v1) return tree.write_below_root("proc/pressure/memory", text);
    tree.write("top/" + name, "memory.pressure", text);
  }

  void set_refaults(const std::string& name, Bytes cache, std::uint64_t pages) {
    add(name, cache);
    const auto* stat = memory_interface(GetParam()).stat;
    const auto* key =
        GetParam() == CgroupVersion::v1 ? "total_workingset_refault_file" : "workingset_refault_file";
    tree.write("top/" + name, stat,
               tree.read("top/" + name, stat) + key + " " + std::to_string(pages) + "\n");
  }

  FakeTree tree{GetParam()};
  EngineSetup setup{.hierarchy = {},
                    .parents = {},
                    .policy = {.threshold = MiB(100), .target = MiB(80), .cooldown = 30s},
                    .ability = {.spares_anon = true, .why_not = {}},
                    .pace = {.shortest = 1s, .longest = 10s}};
  std::unique_ptr<Engine> made;
};

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
  setup.rules = {databases, others};
  add("db-1", MiB(200));
  add("web", MiB(200));
  const auto report = scan().report;
  EXPECT_EQ(decision_in(row_of(report, "db-1")), "ignored");
  EXPECT_EQ(row_of(report, "db-1").rule, 0U);
  EXPECT_FALSE(row_of(report, "db-1").sample->cache) << "nothing is asked of it";
  EXPECT_EQ(decision_in(row_of(report, "web")), "below threshold");
  EXPECT_EQ(row_of(report, "web").marks.threshold, MiB(400));
  EXPECT_EQ(row_of(report, "web").rule, 1U);
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
  EXPECT_EQ(decision_in(row_of(report, "db-1")), "ignored");
  EXPECT_EQ(decision_in(row_of(report, "web")), "cooling down");
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
  tree.write_below_root("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 151 kB\n");
  add("web", MiB(200));
  const auto closed = scan();
  ASSERT_TRUE(closed.report.gate_closed);
  EXPECT_EQ(closed.report.gate_closed->available, KiB(151));
  EXPECT_THAT(closed.report.targets, IsEmpty());
  EXPECT_THAT(closed.jobs, IsEmpty());
  EXPECT_EQ(closed.report.next_in, 10s);

  tree.write_below_root("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 149 kB\n");
  setup.policy.threshold = KiB(1);
  EXPECT_THAT(scan(10s).report.targets, SizeIs(1));
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
  EXPECT_EQ(decision_in(row_of(report, "large")), "deferred");
  EXPECT_EQ(decision_in(row_of(report, "small")), "deferred");
  EXPECT_THAT(scan(10s).jobs, SizeIs(2)) << "a deferral costs no cooldown";
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
  EXPECT_EQ(decision_in(row), "cooling down");
  EXPECT_EQ(row.marks.target, MiB(140));
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

TEST_P(EnginePolicyTest, ComesBackSoonerWhereACgroupIsAboutToPassItsThreshold) {
  add("web", MiB(20));
  EXPECT_EQ(scan().report.next_in, 10s);
  add("web", MiB(60));
  const auto soon = scan(10s).report.next_in;  // 4 MiB/s, 39 MiB to go
  EXPECT_GT(soon, 9s);
  EXPECT_LT(soon, 10s);
  add("web", MiB(98));
  EXPECT_EQ(scan(12s).report.next_in, 1s) << "not sooner than the shortest";
}

TEST_P(EnginePolicyTest, TrimsNowWhatWillHaveFilledItsLimitBeforeTheNextScan) {
  const auto grow = [&](Bytes anon) {
    tree.add("top/web",
             {.usage = MiB(90) + anon, .cache = MiB(90), .limit = std::to_string(MiB(500).count())});
  };
  grow(MiB(200));
  EXPECT_EQ(decision("web"), "below threshold");
  grow(MiB(220));
  EXPECT_EQ(decision("web", 10s), "below threshold") << "at this pace it takes longer";
  grow(MiB(380));
  const auto jobs = scan(20s).jobs;
  ASSERT_THAT(jobs, SizeIs(1)) << "16 MiB/s, 30 MiB to go";
  EXPECT_EQ(jobs[0].request.bytes, MiB(10));
}

// ---- cgroups on which the kernel hangs ----

TEST_P(EnginePolicyTest, TouchesNothingInQuarantineAndNamesIt) {
  add("stuck", MiB(200));
  add("web", MiB(200));
  ScanWatch watch;
  const auto [report, jobs] = engine().scan(kStart, watch, {{"top/stuck", Stuck{kStart - 5s, {}}}});
  EXPECT_EQ(decision_in(row_of(report, "stuck")), "stuck");
  EXPECT_EQ(std::get<Stuck>(std::get<Skip>(row_of(report, "stuck").decision)).since, kStart - 5s);
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].cgroup->path, "top/web");

  ScanWatch next;
  EXPECT_THAT(engine().scan(kStart + 1s, next, {}).jobs, SizeIs(1)) << "it is looked at again afterwards";
}

TEST_P(EnginePolicyTest, EndsAScanThatWasTakenOverAndLeavesItsMemoryToTheNext) {
  add("web", MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  ScanWatch watch;
  const auto other = std::make_shared<const Cgroup>(Cgroup{CgroupId{1}, "top/other", {}});
  EXPECT_THROW(watch.call(other, [&] { return watch.take_over(watch.step()); }), TakenOver);
  EXPECT_THROW(engine().scan(kStart + 1s, watch, {}), TakenOver);

  Engine successor{setup, engine().take_memory()};
  const auto report = successor.scan(kStart + 1s).report;
  EXPECT_EQ(decision_in(row_of(report, "web")), "in flight");
}

}  // namespace
}  // namespace cmm
