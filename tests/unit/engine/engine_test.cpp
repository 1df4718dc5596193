// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/fake_tree.hpp"
#include "support/moment.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::fake_container_id;
using test::FakeTree;
using test::kStart;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::string scope(char seed) { return "top/docker-" + fake_container_id(seed) + ".scope"; }

ReclaimOutcome ended(ReclaimEnd end, TimePoint started_at) {
  ReclaimOutcome outcome;
  outcome.end = end;
  outcome.started_at = started_at;
  outcome.duration = 2s;
  return outcome;
}

/// An engine with threshold 100 MiB, target 80 MiB and cooldown 30 s over a fake tree.
class EngineTest : public testing::TestWithParam<CgroupVersion> {
 protected:
  EngineTest() { tree.add("top"); }

  /// A cgroup with so much clean cache.
  CgroupRef add(const std::string& cgroup, Bytes cache) {
    return tree.add(cgroup, {.usage = cache + MiB(1), .cache = cache});
  }

  Scan scan(TimePoint now = kStart) {
    if (!engine) {
      setup.hierarchy = tree.hierarchy();
      setup.parents = {{"top"}};
      setup.root = tree.root();
      engine = std::make_unique<Engine>(setup);
    }
    return engine->scan(now);
  }

  void record(const CgroupRef& cgroup, const ReclaimOutcome& outcome) {
    engine->record(ReclaimJob{cgroup, {}, {}}, outcome);
  }

  /// The reason in the only row, "request" or what else it is.
  std::string decision(TimePoint now) { return what(scan(now).report.targets.at(0)); }

  static std::string what(const TargetReport& row) {
    const auto* skip = std::get_if<Skip>(&row.decision);
    return skip != nullptr ? std::string{reason(*skip)} : "request";
  }

  void swap_is_on() const {
    tree.write_below_root("proc/meminfo",
                          "MemTotal: 4194304 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\nSwapTotal: 1024 kB\n");
  }

  FakeTree tree{GetParam()};
  EngineSetup setup{.hierarchy = {},
                    .parents = {},
                    .policy = {.threshold = MiB(100), .target = MiB(80), .cooldown = 30s},
                    .ability = {.spares_anon = true, .why_not = {}}};
  std::unique_ptr<Engine> engine;
};

INSTANTIATE_TEST_SUITE_P(On, EngineTest, testing::Values(CgroupVersion::v1, CgroupVersion::v2),
                         [](const auto& version) {
                           return version.param == CgroupVersion::v1 ? "v1" : "v2";
                         });

TEST_P(EngineTest, ReportsEveryTargetAndHandsOutAJobForEachRequest) {
  add(scope('a'), MiB(200));
  add(scope('b'), MiB(50));
  tree.add("top/shm", {.usage = MiB(300), .shmem = MiB(300)});
  const auto [report, jobs] = scan();
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& row : report.targets) rows.emplace_back(row.cgroup->path, what(row));
  EXPECT_THAT(rows, testing::UnorderedElementsAre(
                        std::pair{scope('a'), std::string{"request"}},
                        std::pair{scope('b'), std::string{"below threshold"}},
                        std::pair{std::string{"top/shm"}, std::string{"nothing reclaimable"}}));
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].cgroup->path, scope('a'));
  EXPECT_EQ(jobs[0].cgroup->container_id, fake_container_id('a'));
  EXPECT_EQ(jobs[0].request.bytes, MiB(120));
  EXPECT_EQ(jobs[0].request.target, MiB(80));
  EXPECT_EQ(report.at, kStart);
  EXPECT_THAT(report.unreadable_branches, IsEmpty());
}

TEST_P(EngineTest, ReportsWhatItSawAndAgainstWhichMarks) {
  tree.add(scope('a'), {.usage = MiB(300), .cache = MiB(200), .shmem = MiB(10), .limit = "524288000"});
  const auto report = scan().report;
  const auto& row = report.targets.at(0);
  ASSERT_TRUE(row.sample);
  EXPECT_EQ(row.sample->usage, MiB(300));
  EXPECT_EQ(row.sample->effective_limit, MiB(500));
  EXPECT_EQ(row.sample->cache->cache, MiB(210));
  EXPECT_EQ(row.sample->cache->reclaimable, MiB(200));
  EXPECT_EQ(row.marks.threshold, MiB(100));
  EXPECT_EQ(row.marks.target, MiB(80));
}

TEST_P(EngineTest, TakesThePercentageOfTheTightestLimitOrOfTheNodesMemory) {
  setup.policy.threshold = Percent{50};
  add(scope('a'), MiB(1));
  EXPECT_EQ(scan().report.targets.at(0).marks.threshold, GiB(2)) << "of MemTotal";
  tree.add("top", {.limit = "104857600"});
  EXPECT_EQ(scan().report.targets.at(0).marks.threshold, MiB(50)) << "of the ancestor's limit";
}

TEST_P(EngineTest, ReadsTheStatOnlyWhereUsageSaysThatItCanMatter) {
  add(scope('a'), MiB(50));
  tree.write(scope('a'), "memory.stat", "junk\n");
  const auto report = scan().report;
  EXPECT_EQ(what(report.targets.at(0)), "below threshold");
  EXPECT_FALSE(report.targets.at(0).sample->cache);
}

TEST_P(EngineTest, GivesAJobADescriptorOfItsOwn) {
  const auto cgroup = add(scope('a'), MiB(200));
  auto jobs = std::move(scan().jobs);
  ASSERT_THAT(jobs, SizeIs(1));
  engine.reset();
  struct stat state {};
  ASSERT_EQ(::fstat(jobs[0].dir.get(), &state), 0) << "although whoever handed it out is gone";
  EXPECT_EQ(state.st_ino, cgroup->id.inode);
  EXPECT_EQ(::fcntl(jobs[0].dir.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_P(EngineTest, SeesALoweredLimitWithinARoundOfTurns) {
  setup.policy.threshold = Percent{25};
  add(scope('a'), MiB(60));
  EXPECT_EQ(decision(kStart), "below threshold");
  tree.add(scope('a'), {.usage = MiB(60), .cache = MiB(60), .limit = "104857600"});
  std::string last;
  for (unsigned turn = 1; turn <= kTurns + 1; ++turn) last = decision(kStart + turn * 10s);
  EXPECT_EQ(last, "in flight") << "it was requested on the way";
}

TEST_P(EngineTest, SeesARaisedLimitBeforeItReclaims) {
  setup.policy.threshold = Percent{25};
  tree.add(scope('a'), {.usage = MiB(60), .cache = MiB(60), .limit = "1073741824"});
  EXPECT_EQ(decision(kStart), "below threshold");
  tree.add(scope('a'), {.usage = MiB(300), .cache = MiB(300), .limit = "4294967296"});
  for (unsigned turn = 1; turn <= kTurns; ++turn) EXPECT_EQ(decision(kStart + turn * 10s), "below threshold");
}

TEST_P(EngineTest, SeesARaisedLimitOfThePodBeforeItReclaims) {
  const std::string pod = "top/pod0a1b2c3d-1111-2222-3333-444455556666";
  setup.policy.threshold = Percent{25};
  tree.add(pod, {.limit = "1073741824"});
  tree.add(pod + "/" + test::fake_container_id('a'), {.usage = MiB(60), .cache = MiB(60)});
  EXPECT_EQ(decision(kStart), "below threshold");
  tree.add(pod, {.limit = "4294967296"});
  tree.add(pod + "/" + test::fake_container_id('a'), {.usage = MiB(300), .cache = MiB(300)});
  for (unsigned turn = 1; turn <= kTurns; ++turn) EXPECT_EQ(decision(kStart + turn * 10s), "below threshold");
}

TEST_P(EngineTest, LeavesACgroupAloneWhileItsReclaimIsInFlightHoweverLong) {
  const auto cgroup = add(scope('a'), MiB(200));
  EXPECT_THAT(scan().jobs, SizeIs(1));
  for (const Duration after : {Duration{1s}, Duration{31s}, Duration{10h}}) {
    const auto [report, jobs] = scan(kStart + after);
    EXPECT_EQ(what(report.targets.at(0)), "in flight");
    EXPECT_THAT(jobs, IsEmpty());
  }
}

TEST_P(EngineTest, RemembersAReclaimInFlightOfACgroupThatIsNoTargetForAWhile) {
  add("top/leaf", MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  add("top/leaf/inner", MiB(1));
  for (unsigned turn = 0; turn < kTurns; ++turn) scan(kStart + 40s);
  EXPECT_EQ(scan(kStart + 40s).report.targets.at(0).cgroup->path, "top/leaf/inner");
  tree.remove("top/leaf/inner");
  EXPECT_EQ(decision(kStart + 80s), "in flight");
}

TEST_P(EngineTest, CountsTheCooldownFromTheStartOfTheAttempt) {
  const auto cgroup = add(scope('a'), MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  // It waited five seconds for a worker.
  record(cgroup, ended(ReclaimEnd::target_reached, kStart + 5s));
  EXPECT_EQ(decision(kStart + 31s), "cooling down");
  EXPECT_EQ(decision(kStart + 35s - 51ms), "cooling down");
  EXPECT_EQ(decision(kStart + 35s), "request");
}

TEST_P(EngineTest, CountsFailedAttemptsAsAttempts) {
  const auto cgroup = add(scope('a'), MiB(200));
  for (const auto end :
       {ReclaimEnd::no_progress, ReclaimEnd::denied, ReclaimEnd::failed, ReclaimEnd::unsupported}) {
    engine.reset();
    ASSERT_THAT(scan().jobs, SizeIs(1));
    record(cgroup, ended(end, kStart));
    EXPECT_EQ(decision(kStart + 29s), "cooling down");
    EXPECT_EQ(decision(kStart + 30s), "request");
  }
}

TEST_P(EngineTest, KeepsTheCooldownOfACgroupThatCouldNotBeReadForOneScan) {
  const auto cgroup = add(scope('a'), MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  record(cgroup, ended(ReclaimEnd::target_reached, kStart));
  const auto* usage = memory_interface(GetParam()).usage;
  const auto text = tree.read(scope('a'), usage);
  tree.write(scope('a'), usage, "junk\n");
  EXPECT_EQ(decision(kStart + 10s), "unreadable");
  tree.write(scope('a'), usage, text);
  EXPECT_EQ(decision(kStart + 20s), "cooling down");
  EXPECT_EQ(decision(kStart + 30s), "request");
}

TEST_P(EngineTest, HandsOutNothingInADryRunAndDecidesAllTheSame) {
  setup.dry_run = true;
  add(scope('a'), MiB(200));
  for (const Duration after : {Duration{0s}, Duration{1s}}) {
    const auto [report, jobs] = scan(kStart + after);
    EXPECT_EQ(what(report.targets.at(0)), "request") << "what was never attempted needs no cooldown";
    EXPECT_THAT(jobs, IsEmpty());
  }
}

TEST_P(EngineTest, KnowsNoHistoryOfACgroupThatWasMadeAnew) {
  const auto cgroup = add(scope('a'), MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  record(cgroup, ended(ReclaimEnd::target_reached, kStart));
  tree.recreate(scope('a'), {.usage = MiB(201), .cache = MiB(200)});
  add(scope('b'), MiB(1));
  const auto jobs = scan(kStart + 1s).jobs;
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].cgroup->path, scope('a'));
  EXPECT_NE(jobs[0].cgroup->id, cgroup->id);
}

TEST_P(EngineTest, HasNoRowForACgroupThatVanished) {
  add(scope('a'), MiB(1));
  add(scope('b'), MiB(1));
  EXPECT_THAT(scan().report.targets, SizeIs(2));
  tree.remove(scope('a'));
  const auto report = scan().report;
  ASSERT_THAT(report.targets, SizeIs(1));
  EXPECT_EQ(report.targets[0].cgroup->path, scope('b'));
  EXPECT_THAT(report.unreadable_branches, IsEmpty());
}

// As after a scan that hung on the parent itself, which then rests for a while.
TEST_P(EngineTest, RemembersWhatLiesInABranchThatCannotBeReadForAWhile) {
  const auto cgroup = add(scope('a'), MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  record(cgroup, ended(ReclaimEnd::target_reached, kStart));
  engine = std::make_unique<Engine>(setup, engine->take_memory());
  ScanWatch watch;
  const Quarantine quarantine{{"top", Stuck{.since = kStart, .rests_until = {}}}};
  ASSERT_THAT(engine->scan(kStart + 1s, watch, quarantine).report.targets, IsEmpty());
  engine->change(setup);
  ASSERT_THAT(engine->scan(kStart + 2s, watch, quarantine).report.targets, IsEmpty());
  EXPECT_EQ(decision(kStart + 3s), "cooling down");
}

TEST_P(EngineTest, RemembersWhatLiesInABranchOnWhichTheKernelHung) {
  tree.add("top/pods");
  const auto name = "top/pods/docker-" + fake_container_id('a') + ".scope";
  const auto cgroup = add(name, MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  record(cgroup, ended(ReclaimEnd::target_reached, kStart));
  engine = std::make_unique<Engine>(setup, engine->take_memory());
  ScanWatch watch;
  const auto rows =
      engine->scan(kStart + 1s, watch, {{"top/pods", Stuck{.since = kStart, .rests_until = {}}}})
          .report.targets;
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(what(rows[0]), "stuck");
  EXPECT_EQ(decision(kStart + 2s), "cooling down");
}

TEST_P(EngineTest, WaitsForAParentWhereThatWasAskedFor) {
  setup.awaits_parents = true;
  tree.remove("top");
  const auto report = scan().report;
  EXPECT_THAT(report.awaited, testing::ElementsAre(Parent{"top"}));
  EXPECT_THAT(report.unreadable_branches, IsEmpty()) << "it is as it should be";
  add(scope('a'), MiB(1));
  EXPECT_THAT(scan(kStart + 1s).report.awaited, IsEmpty());
}

TEST_P(EngineTest, WaitsForNoParentThatIsThereAndCannotBeWatched) {
  setup.awaits_parents = true;
  tree.remove("top");
  std::ofstream{tree.absolute("top")} << "no directory";
  const auto report = scan().report;
  EXPECT_THAT(report.awaited, IsEmpty());
  EXPECT_THAT(report.unreadable_branches, SizeIs(1));
}

TEST_P(EngineTest, CallsAMissingParentUnreadableWhereItShouldBeThere) {
  tree.remove("top");
  const auto report = scan().report;
  EXPECT_THAT(report.awaited, IsEmpty());
  EXPECT_THAT(report.unreadable_branches, SizeIs(1));
}

TEST_P(EngineTest, TakesTheOutcomeOfACgroupThatVanishedMeanwhile) {
  const auto cgroup = add(scope('a'), MiB(200));
  ASSERT_THAT(scan().jobs, SizeIs(1));
  tree.remove(scope('a'));
  scan(kStart + 1s);
  record(cgroup, ended(ReclaimEnd::cgroup_gone, kStart));
  record(std::make_shared<const Cgroup>(Cgroup{CgroupId{1}, "top/unknown", {}}),
         ended(ReclaimEnd::cgroup_gone, kStart));
  EXPECT_THAT(scan(kStart + 2s).report.targets, IsEmpty());
}

TEST_P(EngineTest, ReportsOneUnreadableCgroupAsOneRowAndGoesOn) {
  add(scope('a'), MiB(200));
  add(scope('b'), MiB(200));
  const auto* usage = memory_interface(GetParam()).usage;
  tree.remove_file(scope('a'), usage);
  const auto [report, jobs] = scan();
  ASSERT_THAT(report.targets, SizeIs(2));
  const auto broken = std::find_if(report.targets.begin(), report.targets.end(),
                                   [](const auto& row) { return row.cgroup->path == scope('a'); });
  ASSERT_EQ(what(*broken), "unreadable");
  EXPECT_FALSE(broken->sample);
  EXPECT_THAT(std::get<Unreadable>(std::get<Skip>(broken->decision)).why.path,
              StartsWith(tree.absolute(scope('a')) + "/" + usage));
  EXPECT_THAT(jobs, SizeIs(1));
}

TEST_P(EngineTest, ReportsAMissingParent) {
  tree.remove("top");
  const auto report = scan().report;
  EXPECT_THAT(report.targets, IsEmpty());
  ASSERT_THAT(report.unreadable_branches, SizeIs(1));
  EXPECT_EQ(report.unreadable_branches[0].path, tree.absolute("top"));
}

TEST_P(EngineTest, WouldSwapOnlyWhereSwapExistsAndAnonymousMemoryCantBeSpared) {
  add(scope('a'), MiB(200));
  setup.dry_run = true;
  setup.ability = {.spares_anon = false, .why_not = "of the test"};
  EXPECT_EQ(decision(kStart), "request") << "no swap on this node";
  swap_is_on();
  EXPECT_EQ(decision(kStart), "would swap") << "swap was switched on since";
  tree.write(scope('a'), "memory.swap.max", "0\n");
  EXPECT_EQ(decision(kStart), "request") << "this cgroup may not swap";
  tree.write(scope('a'), "memory.swap.max", "max\n");
  EXPECT_EQ(decision(kStart), "would swap");
  engine.reset();
  setup.policy.allow_swap = true;
  EXPECT_EQ(decision(kStart), "request");
  engine.reset();
  setup.policy.allow_swap = false;
  setup.ability = {.spares_anon = true, .why_not = {}};
  EXPECT_EQ(decision(kStart), "request") << "the kernel can be held to file pages";
}

TEST_P(EngineTest, TakesSwapForPossibleAsLongAsTheNodeDoesNotSay) {
  add(scope('a'), MiB(200));
  tree.write_below_root("proc/meminfo", "junk\n");
  setup.ability = {.spares_anon = false, .why_not = "of the test"};
  EXPECT_EQ(decision(kStart), "would swap");
}

TEST_P(EngineTest, NeverFreesEverythingBecauseTheNodesMemoryIsUnknown) {
  add(scope('a'), MiB(200));
  tree.write_below_root("proc/meminfo", "junk\n");
  setup.policy.threshold = Percent{100};
  setup.policy.target.reset();
  EXPECT_EQ(decision(kStart), "below threshold");
}

}  // namespace
}  // namespace cmm
