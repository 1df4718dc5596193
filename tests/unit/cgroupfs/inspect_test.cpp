// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/inspect.hpp"

#include <gtest/gtest.h>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using test::FakeTree;

/// "a/b: memory.max 1048576"; the machine's memory is that of the machine on which the test runs.
std::string effective_limit(const FakeTree& tree, const std::string& path) {
  const auto limit = find_effective_limit(tree.hierarchy(), path).value();
  if (limit.cgroup.empty()) return "the machine";
  return limit.cgroup + ": " + limit.file + " " + std::to_string(limit.bytes.count());
}

TEST(EffectiveLimit, IsTheTightestOfItsOwnAndThoseOfItsAncestors) {
  FakeTree tree;
  tree.add("a", {.limit = "2097152"});
  tree.add("a/b", {.limit = "1048576"});
  tree.add("a/b/c", {.limit = "4194304"});
  EXPECT_EQ(effective_limit(tree, "a/b/c"), "a/b: memory.max 1048576");
  EXPECT_EQ(effective_limit(tree, "a"), "a: memory.max 2097152");
}

TEST(EffectiveLimit, IsTheNearestWhereTwoAreTheSame) {
  FakeTree tree;
  tree.add("a", {.limit = "1048576"});
  tree.add("a/b", {.limit = "1048576"});
  EXPECT_EQ(effective_limit(tree, "a/b"), "a/b: memory.max 1048576");
}

TEST(EffectiveLimit, MayBeMemoryHigh) {
  FakeTree tree;
  tree.add("a", {.limit = "2097152", .high = "1048576"});
  EXPECT_EQ(effective_limit(tree, "a"), "a: memory.high 1048576");
}

TEST(EffectiveLimit, IsTheMachinesWhereNoCgroupSetsATighterOne) {
  for (const auto version : {CgroupVersion::v1, CgroupVersion::v2}) {
    FakeTree tree{version};
    tree.add("a/b");
    EXPECT_EQ(effective_limit(tree, "a/b"), "the machine");
    tree.add("a", {.limit = "4611686018427387904"});
    EXPECT_EQ(effective_limit(tree, "a/b"), "the machine");
  }
}

TEST(Inspection, SaysWhatTheFilesSay) {
  for (const auto version : {CgroupVersion::v1, CgroupVersion::v2}) {
    FakeTree tree{version};
    tree.add("a", {.usage = MiB(8), .cache = MiB(4), .shmem = MiB(1), .dirty = MiB(2), .limit = "67108864"});
    const auto seen = inspect(tree.hierarchy(), "a").value();
    EXPECT_EQ(seen.path, "a");
    EXPECT_EQ(seen.usage, MiB(8));
    EXPECT_EQ(seen.memory_max, Limit{MiB(64)});
    EXPECT_EQ(seen.memory_high.has_value(), version == CgroupVersion::v2);
    EXPECT_EQ(seen.stat.file, MiB(5));
    EXPECT_EQ(seen.stat.dirty, MiB(2));
    EXPECT_EQ(seen.reclaimable, MiB(2));
    EXPECT_EQ(seen.effective_limit.cgroup, "a");
  }
}

TEST(Inspection, LeavesOutWhatThisKernelDoesNotTell) {
  FakeTree tree;
  tree.add("a");
  const auto seen = inspect(tree.hierarchy(), "a").value();
  EXPECT_EQ(seen.peak, std::nullopt);
  EXPECT_EQ(seen.swap, std::nullopt);
  EXPECT_EQ(seen.swap_max, std::nullopt);
  EXPECT_EQ(seen.pressure.some, std::nullopt);
  EXPECT_EQ(seen.events.oom_kill, std::nullopt);
}

TEST(Inspection, CountsEventsByVersion) {
  FakeTree v2;
  v2.add("a");
  v2.write("a", "memory.events", "low 0\nhigh 3\nmax 7\noom 2\noom_kill 1\n");
  const auto events = inspect(v2.hierarchy(), "a")->events;
  EXPECT_EQ(events.high, 3U);
  EXPECT_EQ(events.max, 7U);
  EXPECT_EQ(events.oom, 2U);
  EXPECT_EQ(events.oom_kill, 1U);

  FakeTree v1{CgroupVersion::v1};
  v1.add("a");
  v1.write("a", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  v1.write("a", "memory.failcnt", "7\n");
  const auto of_v1 = inspect(v1.hierarchy(), "a")->events;
  EXPECT_EQ(of_v1.high, std::nullopt);
  EXPECT_EQ(of_v1.max, 7U);
  EXPECT_EQ(of_v1.oom_kill, 1U);
}

// Each cgroup of v1 counts by itself, and swap that is used up by another counter.
TEST(Inspection, CountsEventsOfAllCgroupsBelowOnV1) {
  FakeTree tree{CgroupVersion::v1};
  for (const auto* each : {"a", "a/b", "a/b/c", "other"}) {
    tree.add(each);
    tree.write(each, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    tree.write(each, "memory.failcnt", "7\n");
    tree.write(each, "memory.memsw.failcnt", "10\n");
  }
  const auto events = inspect(tree.hierarchy(), "a")->events;
  EXPECT_EQ(events.oom_kill, 3U);
  EXPECT_EQ(events.max, 51U);
}

TEST(Inspection, TakesPressureFromTheCgroupOnV2) {
  FakeTree tree;
  tree.add("a");
  tree.write(
      "a", "memory.pressure",
      "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=1\n");
  const auto pressure = inspect(tree.hierarchy(), "a")->pressure;
  EXPECT_EQ(pressure.some, Percent{1.5});
  EXPECT_EQ(pressure.full, Percent{0.25});
  EXPECT_FALSE(pressure.of_node);
}

// The two counters of usage are read one after the other, and what is charged in between is no swap.
TEST(Inspection, CountsSwapOnV1ByItself) {
  FakeTree tree{CgroupVersion::v1};
  tree.add("a", {.usage = MiB(8), .limit = "67108864"});
  tree.write("a", "memory.memsw.usage_in_bytes", "9437184\n");
  tree.write("a", "memory.memsw.limit_in_bytes", "83886080\n");
  tree.write("a", "memory.stat", tree.read("a", "memory.stat") + "total_swap 4096\n");
  const auto seen = inspect(tree.hierarchy(), "a").value();
  EXPECT_EQ(seen.swap, KiB(4));
  EXPECT_EQ(seen.swap_max, Limit{MiB(16)});
}

TEST(Inspection, OfAMissingCgroupIsAnErrorThatSaysGone) {
  const FakeTree tree;
  EXPECT_TRUE(is_gone(inspect(tree.hierarchy(), "missing").error().code));
}

}  // namespace
}  // namespace cmm
