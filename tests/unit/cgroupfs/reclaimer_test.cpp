// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/reclaimer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "cgroupfs/reclaimer_v1.hpp"
#include "cgroupfs/reclaimer_v2.hpp"
#include "support/fake_tree.hpp"

// On plain files, which take every write and free nothing: what is written, and what is made of a missing
// file.

namespace cmm {
namespace {

using test::FakeTree;
using testing::HasSubstr;
using testing::StartsWith;

ReclaimJob job_for(FakeTree& tree, Bytes cache) {
  auto cgroup = tree.add("top/leaf", {.cache = cache});
  return {std::move(cgroup), tree.open("top/leaf"), {.bytes = cache, .threshold = cache, .target = Bytes{}}};
}

TEST(ReclaimerV2, WritesPlainBytesAndAsksForFilePagesOnlyWhereTheKernelKnowsHow) {
  for (const bool spares_anon : {false, true}) {
    FakeTree tree;
    const auto job = job_for(tree, MiB(100));
    tree.write("top/leaf", "memory.reclaim", "");
    const auto outcome = MemoryReclaimReclaimer{spares_anon}.reclaim(job, {});
    EXPECT_EQ(outcome.end, ReclaimEnd::no_progress);
    const auto first = MiB(8).count();
    EXPECT_THAT(tree.read("top/leaf", "memory.reclaim"),
                StartsWith(fmt::format("{}{}", first, spares_anon ? " swappiness=0" : "")));
    EXPECT_EQ(tree.read("top/leaf", "memory.reclaim").find("swappiness") != std::string::npos, spares_anon);
  }
}

TEST(ReclaimerV1, WritesToForceEmptyAndTrustsNoSuccess) {
  FakeTree tree{CgroupVersion::v1};
  const auto job = job_for(tree, MiB(100));
  tree.write("top/leaf", "memory.force_empty", "");
  const auto outcome = ForceEmptyReclaimer{nullptr}.reclaim(job, {});
  EXPECT_EQ(outcome.end, ReclaimEnd::no_progress);
  EXPECT_EQ(outcome.slices, 1) << "it returned by itself, so there is nothing more to be had";
  EXPECT_EQ(tree.read("top/leaf", "memory.force_empty"), "0");
}

TEST(Reclaimer, EndsAsCgroupGoneWhereTheFileIsNotThere) {
  FakeTree tree;
  const auto two = MemoryReclaimReclaimer{true}.reclaim(job_for(tree, MiB(1)), {});
  EXPECT_EQ(two.end, ReclaimEnd::cgroup_gone);
  EXPECT_EQ(two.requested, MiB(1));
  EXPECT_FALSE(two.error);
  FakeTree old{CgroupVersion::v1};
  EXPECT_EQ(ForceEmptyReclaimer{nullptr}.reclaim(job_for(old, MiB(1)), {}).end, ReclaimEnd::cgroup_gone);
}

TEST(Reclaimer, CutsNothingWhenItIsAskedToStop) {
  FakeTree tree;
  const auto job = job_for(tree, MiB(100));
  tree.write("top/leaf", "memory.reclaim", "");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(MemoryReclaimReclaimer{true}.reclaim(job, stop.get_token()).end, ReclaimEnd::stopped);
  EXPECT_EQ(tree.read("top/leaf", "memory.reclaim"), "");
}

TEST(MakeReclaimer, ProbesOnV2WhetherAnonymousMemoryCanBeSpared) {
  FakeTree tree;
  tree.add("top");
  tree.write("top", "memory.reclaim", "");
  const auto made = make_reclaimer(tree.hierarchy(), {{"top"}}, "/nonexistent");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->ability.spares_anon) << "a plain file takes everything";
  EXPECT_EQ(tree.read("top", "memory.reclaim"), "0 swappiness=0")
      << "no bytes, or the probe itself would reclaim";
}

TEST(MakeReclaimer, SaysWhichFileIsMissingForWhichReason) {
  FakeTree tree;
  tree.add("top");
  tree.write("top", "memory.reclaim", "");
  tree.add("other");
  const auto made = make_reclaimer(tree.hierarchy(), {{"top"}, {"other"}}, "/nonexistent");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().fault, HierarchyFault::no_controller);
  EXPECT_THAT(made.error().message, StartsWith(tree.absolute("other") + "/memory.reclaim does not exist"));
  EXPECT_THAT(made.error().message, HasSubstr("Linux 5.19"));
}

TEST(MakeReclaimer, RestoresOnV1WhatAKilledProcessLeft) {
  FakeTree tree{CgroupVersion::v1};
  const auto top = tree.add("top");
  tree.write("top", "memory.force_empty", "");
  tree.write("top", "memory.swappiness", "0\n");
  const test::TemporaryDirectory runtime;
  std::ofstream{runtime.path() + "/swappiness.5000000"} << fmt::format("+ {} 60 top\n", top->id.inode);
  const auto made = make_reclaimer(tree.hierarchy(), {{"top"}}, runtime.path());
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->ability.spares_anon);
  EXPECT_THAT(tree.read("top", "memory.swappiness"), StartsWith("60"));
}

TEST(MakeReclaimer, GoesOnWithoutAJournalOnV1AndSaysWhyAnonymousMemoryCantBeSpared) {
  FakeTree tree{CgroupVersion::v1};
  tree.add("top");
  tree.write("top", "memory.force_empty", "");
  tree.write_below_root("file", "");
  const auto made = make_reclaimer(tree.hierarchy(), {{"top"}}, tree.root() + "/file/run");
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->ability.spares_anon);
  EXPECT_THAT(made->ability.why_not, HasSubstr(tree.root() + "/file/run"));
}

TEST(Ability, OfADryRunIsTheWorstOnV2BecauseNothingMayBeProbed) {
  EXPECT_TRUE(unprobed_ability(CgroupVersion::v1).spares_anon);
  EXPECT_FALSE(unprobed_ability(CgroupVersion::v2).spares_anon);
  EXPECT_FALSE(unprobed_ability(CgroupVersion::v2).why_not.empty());
}

}  // namespace
}  // namespace cmm
