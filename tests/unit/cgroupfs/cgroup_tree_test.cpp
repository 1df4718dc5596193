// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/cgroup_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/access_watch.hpp"
#include "support/fake_tree.hpp"
#include "support/refresh.hpp"

namespace cmm {
namespace {

using test::fake_container_id;
using test::FakeTree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string scope(char seed) { return "cri-containerd-" + fake_container_id(seed) + ".scope"; }

constexpr const char* kPod = "kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice";

/// A fake hierarchy and the tree that watches it.
class CgroupTreeTest : public testing::Test {
 protected:
  std::vector<std::string> targets() {
    test::refresh(watch());
    std::vector<std::string> paths;
    watch().for_each_target(
        [&](const Branch&, const Target& target) { paths.push_back(target.cgroup->path); });
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  /// … once it was the turn of every cgroup to be looked at closely.
  std::vector<std::string> targets_after_a_round() {
    for (unsigned turn = 0; turn < kTurns; ++turn) test::refresh(watch());
    return targets();
  }

  std::map<std::string, CgroupId> ids() {
    test::refresh(watch());
    std::map<std::string, CgroupId> found;
    watch().for_each_target(
        [&](const Branch&, const Target& target) { found.emplace(target.cgroup->path, target.cgroup->id); });
    return found;
  }

  /// The limit that the branch of the only target stands under.
  Limit limit_above() {
    test::refresh(watch());
    auto limit = Limit::max();
    watch().for_each_target([&](const Branch& branch, const Target&) { limit = branch.effective_limit; });
    return limit;
  }

  /// What ENODEV on a held file tells the sampler of a removed cgroup.
  void find_gone(const std::string& path) {
    watch().for_each_target([&](const Branch&, Target& target) {
      if (target.cgroup->path == path) target.gone = true;
    });
  }

  CgroupTree& watch(std::vector<Parent> parents = {{"top"}}) {
    if (!watched) watched = std::make_unique<CgroupTree>(tree.hierarchy(), std::move(parents));
    return *watched;
  }

  FakeTree tree;
  std::unique_ptr<CgroupTree> watched;
};

TEST_F(CgroupTreeTest, TakesTheTopmostContainerAndNothingBelowIt) {
  tree.add("top/" + scope('a') + "/container");
  tree.add("top/" + scope('a') + "/docker-" + fake_container_id('b') + ".scope");
  EXPECT_THAT(targets(), ElementsAre("top/" + scope('a')));
}

// A tenant may give what it nests any name, and nest as much as it likes.
TEST_F(CgroupTreeTest, IsNotLedByWhatATenantNestsUnderAnotherContainersId) {
  tree.add("top/" + scope('a') + "/" + scope('b'));
  tree.add("top/" + scope('a') + "/kubepods.slice/" + std::string{kPod} + "/" + scope('b'));
  tree.add("top/" + scope('b'));
  test::refresh(watch());
  std::map<std::string, std::string> containers;
  watch().for_each_target([&](const Branch&, const Target& target) {
    containers[target.cgroup->container_id] = target.cgroup->path;
  });
  EXPECT_EQ(containers, (std::map<std::string, std::string>{{fake_container_id('a'), "top/" + scope('a')},
                                                            {fake_container_id('b'), "top/" + scope('b')}}));
}

TEST_F(CgroupTreeTest, OpensNothingOfWhatATenantNests) {
  tree.add("top/" + scope('a') + "/nested/deeper");
  test::AccessWatch access;
  access.add(tree.absolute("top/" + scope('a')));
  access.add(tree.absolute("top/" + scope('a') + "/nested"));
  EXPECT_THAT(targets_after_a_round(), SizeIs(1));
  EXPECT_FALSE(access.saw_any());
}

TEST_F(CgroupTreeTest, GoesDownNoMoreLevelsThanItsBound) {
  tree.add("top/leaf");
  std::string path = "top";
  for (unsigned level = 0; level < kDeepestBranch; ++level) path += "/n";
  tree.add(path + "/leaf");
  EXPECT_THAT(targets(), ElementsAre("top/leaf", path + "/leaf"));
  EXPECT_THAT(watch().unreadable(), IsEmpty());

  tree.add(path + "/deep/leaf");
  EXPECT_THAT(targets(), ElementsAre("top/leaf", path + "/leaf"));
  ASSERT_THAT(watch().unreadable(), SizeIs(1));
  EXPECT_THAT(
      watch().unreadable().front().message(),
      HasSubstr("cannot watch " + tree.absolute(path + "/deep") + ", more than 32 levels below the parent"));

  tree.remove(path + "/deep/leaf");
  EXPECT_THAT(targets(), ElementsAre("top/leaf", path + "/deep", path + "/leaf"));
  EXPECT_THAT(watch().unreadable(), IsEmpty());
}

TEST_F(CgroupTreeTest, KnowsTheContainerIdOfItsTargets) {
  tree.add("top/" + scope('a'));
  tree.add("top/leaf");
  test::refresh(watch());
  std::map<std::string, std::string> containers;
  watch().for_each_target([&](const Branch&, const Target& target) {
    containers[target.name()] = target.cgroup->container_id;
    EXPECT_EQ(target.is_container, !target.cgroup->container_id.empty());
  });
  EXPECT_EQ(containers,
            (std::map<std::string, std::string>{{scope('a'), fake_container_id('a')}, {"leaf", ""}}));
}

TEST_F(CgroupTreeTest, TakesTheLeavesOfABranchWithoutContainers) {
  tree.add("top/a.service");
  tree.add("top/b.slice/c.service");
  tree.add("top/b.slice/d.service/inner");
  EXPECT_THAT(targets(),
              ElementsAre("top/a.service", "top/b.slice/c.service", "top/b.slice/d.service/inner"));
}

TEST_F(CgroupTreeTest, FindsContainersBesideLeavesAtAnyDepth) {
  tree.add("top/b.slice/" + scope('a'));
  tree.add("top/b.slice/leaf");
  tree.add("top/b.slice/deep/er/" + scope('b'));
  EXPECT_THAT(targets(), ElementsAre("top/b.slice/" + scope('a'), "top/b.slice/deep/er/" + scope('b'),
                                     "top/b.slice/leaf"));
}

TEST_F(CgroupTreeTest, NeverTakesAQosClassOrAPodNotEvenAnEmptyOne) {
  const std::string pod = "top/kubepods-burstable.slice/" + std::string{kPod};
  tree.add(pod);
  tree.add("top/kubepods-besteffort.slice");
  tree.add("top/burstable/pod0a1b2c3d-1111-2222-3333-444455556666");
  EXPECT_THAT(targets(), IsEmpty());
  tree.add(pod + "/" + scope('a'));
  EXPECT_THAT(targets(), ElementsAre(pod + "/" + scope('a')));
  tree.remove(pod + "/" + scope('a'));
  EXPECT_THAT(targets(), IsEmpty());
  tree.add(pod + "/" + scope('b'));
  EXPECT_THAT(targets(), ElementsAre(pod + "/" + scope('b')));
}

TEST_F(CgroupTreeTest, LeavesARuntimesHelpersOut) {
  tree.add("top/crio-conmon-" + fake_container_id() + ".scope");
  tree.add("top/crio-" + fake_container_id() + ".scope");
  EXPECT_THAT(targets(), ElementsAre("top/crio-" + fake_container_id() + ".scope"));
}

TEST_F(CgroupTreeTest, FindsAContainerThatCameWhereAHelperWent) {
  const auto helper = "top/crio-conmon-" + fake_container_id() + ".scope";
  tree.add(helper);
  tree.add("top/" + scope('a'));
  EXPECT_THAT(targets(), ElementsAre("top/" + scope('a')));
  tree.remove(helper);
  tree.add("top/" + scope('b'));
  EXPECT_THAT(targets_after_a_round(), ElementsAre("top/" + scope('a'), "top/" + scope('b')));
}

TEST_F(CgroupTreeTest, NeverTakesTheParentItself) {
  tree.add("top");
  EXPECT_THAT(targets(), IsEmpty());
}

TEST_F(CgroupTreeTest, NoticesWhatIsCreatedAndRemovedBetweenTwoRefreshes) {
  tree.add("top/a");
  EXPECT_THAT(targets(), ElementsAre("top/a"));
  tree.add("top/b");
  tree.add("top/c.slice/d");
  EXPECT_THAT(targets(), ElementsAre("top/a", "top/b", "top/c.slice/d"));
  tree.remove("top/a");
  tree.add("top/c.slice/e");
  EXPECT_THAT(targets(), ElementsAre("top/b", "top/c.slice/d", "top/c.slice/e"));
  tree.remove("top/c.slice");
  EXPECT_THAT(targets(), ElementsAre("top/b"));
  EXPECT_THAT(watch().unreadable(), IsEmpty());
}

TEST_F(CgroupTreeTest, KeepsWhatItKnowsOfTargetsThatStay) {
  tree.add("top/a");
  test::refresh(watch());
  watch().for_each_target([](const Branch&, Target& target) { target.usage.fd = UniqueFd{::dup(0)}; });
  tree.add("top/b");
  test::refresh(watch());
  std::map<std::string, bool> held;
  watch().for_each_target([&](const Branch&, const Target& target) {
    held[target.cgroup->path] = static_cast<bool>(target.usage.fd);
  });
  EXPECT_EQ(held, (std::map<std::string, bool>{{"top/a", true}, {"top/b", false}}));
}

TEST_F(CgroupTreeTest, TellsARecreatedCgroupFromTheOneBeforeWhereTheNumberOfSiblingsChanged) {
  tree.add("top/" + scope('a'));
  const auto before = ids();
  const auto again = tree.recreate("top/" + scope('a'));
  tree.add("top/" + scope('b'));
  const auto after = ids();
  ASSERT_EQ(after.size(), 2);
  EXPECT_EQ(after.at("top/" + scope('a')), again->id);
  EXPECT_NE(after.at("top/" + scope('a')), before.at("top/" + scope('a')));
}

TEST_F(CgroupTreeTest, TellsARecreatedCgroupFromTheOneBeforeWhereThatOneWasFoundGone) {
  tree.add("top/" + scope('a'));
  test::refresh(watch());
  const auto again = tree.recreate("top/" + scope('a'));
  find_gone("top/" + scope('a'));
  const auto after = ids();
  ASSERT_EQ(after.size(), 1);
  EXPECT_EQ(after.at("top/" + scope('a')), again->id);
}

TEST_F(CgroupTreeTest, FindsTheLeavesOfABranchThatWasMadeAnew) {
  tree.add("top/b.slice/old");
  EXPECT_THAT(targets(), ElementsAre("top/b.slice/old"));
  tree.recreate("top/b.slice");
  tree.add("top/b.slice/new");
  tree.add("top/sibling");
  EXPECT_THAT(targets(), ElementsAre("top/b.slice/new", "top/sibling"));
}

TEST_F(CgroupTreeTest, MakesABranchOfALeafThatGetsChildrenAndALeafOfABranchThatLosesThem) {
  tree.add("top/a");
  EXPECT_THAT(targets(), ElementsAre("top/a"));
  tree.add("top/a/inner");
  EXPECT_THAT(targets_after_a_round(), ElementsAre("top/a/inner"));
  tree.remove("top/a/inner");
  EXPECT_THAT(targets(), ElementsAre("top/a"));
  tree.add("top/a/again/deeper");
  EXPECT_THAT(targets_after_a_round(), ElementsAre("top/a/again/deeper"));
  tree.remove("top/a/again/deeper");
  EXPECT_THAT(targets(), ElementsAre("top/a/again"));
}

TEST_F(CgroupTreeTest, ContainerStaysATargetWhenItGetsChildren) {
  tree.add("top/" + scope('a'));
  EXPECT_THAT(targets(), ElementsAre("top/" + scope('a')));
  tree.add("top/" + scope('a') + "/init.scope");
  EXPECT_THAT(targets(), ElementsAre("top/" + scope('a')));
}

TEST_F(CgroupTreeTest, FindsContainersThatNestedBranchesGainLater) {
  tree.add("top/x/y/z");
  EXPECT_THAT(targets(), ElementsAre("top/x/y/z"));
  tree.add("top/x/y/" + scope('a'));
  EXPECT_THAT(targets(), ElementsAre("top/x/y/" + scope('a'), "top/x/y/z"));
}

TEST_F(CgroupTreeTest, AppliesTheTightestLimitOfAllBranchesAbove) {
  tree.add("top", {.limit = "1000000"});
  tree.add("top/x", {.limit = "3000000"});
  tree.add("top/x/leaf", {.limit = "5"});
  EXPECT_EQ(limit_above(), Limit{Bytes{1000000}}) << "the target's own limit is the sampler's business";
  tree.write("top/x", "memory.max", "400\n");
  EXPECT_EQ(limit_above(), Limit{Bytes{400}});
  tree.write("top/x", "memory.max", "max\n");
  tree.write("top", "memory.max", "max\n");
  EXPECT_EQ(limit_above(), Limit::max());
}

TEST_F(CgroupTreeTest, AppliesTheLimitsAboveTheParentToo) {
  tree.add("high.slice", {.limit = "max", .high = "777"});
  tree.add("high.slice/mid", {.limit = "888"});
  tree.add("high.slice/mid/top/leaf");
  watch({{"high.slice/mid/top"}});
  EXPECT_EQ(limit_above(), Limit{Bytes{777}});
  tree.write("high.slice/mid", "memory.max", "555\n");
  EXPECT_EQ(limit_above(), Limit{Bytes{555}});
}

TEST_F(CgroupTreeTest, FindsTheLimitOfWhatWasInQuarantineAboveTheParent) {
  tree.add("high.slice", {.limit = "777"});
  tree.add("high.slice/mid", {.limit = "888"});
  tree.add("high.slice/mid/top/leaf");
  watch({{"high.slice/mid/top"}});
  ScanWatch unwatched;
  watch().refresh(unwatched, {{"high.slice/mid", Stuck{}}});
  ASSERT_THAT(watch().unreadable(), SizeIs(1));
  EXPECT_EQ(watch().unreadable()[0].path, tree.absolute("high.slice/mid"));
  watch().for_each_target([](const Branch& branch, const Target&) {
    EXPECT_EQ(branch.effective_limit, Limit{Bytes{777}}) << "what is above it counts all the same";
  });
  tree.write("high.slice/mid", "memory.max", "555\n");
  EXPECT_EQ(limit_above(), Limit{Bytes{555}});
  EXPECT_THAT(watch().unreadable(), IsEmpty());
}

TEST_F(CgroupTreeTest, LooksAtMemoryHighAgainWhenItIsItsTurn) {
  tree.add("top", {.limit = "900", .high = "500"});
  tree.add("top/leaf");
  EXPECT_EQ(limit_above(), Limit{Bytes{500}});
  tree.write("top", "memory.high", "100\n");
  int looked_at = 0;
  for (unsigned refresh = 0; refresh < kTurns; ++refresh) {
    if (limit_above() == Limit{Bytes{100}}) ++looked_at;
    tree.write("top", "memory.high", looked_at > 0 ? "200\n" : "100\n");
  }
  EXPECT_GT(looked_at, 0);
}

TEST_F(CgroupTreeTest, LooksAtThePodsLimitWhenItIsItsTurn) {
  const std::string pod = "top/pod0a1b2c3d-1111-2222-3333-444455556666";
  tree.add(pod, {.limit = "900"});
  tree.add(pod + "/" + scope('a'));
  EXPECT_EQ(limit_above(), Limit{Bytes{900}});
  tree.write(pod, "memory.max", "500\n");
  targets_after_a_round();
  EXPECT_EQ(limit_above(), Limit{Bytes{500}});
  tree.write("top", "memory.max", "100\n");
  EXPECT_EQ(limit_above(), Limit{Bytes{100}}) << "what is above pods, each time";
}

TEST_F(CgroupTreeTest, GivesEachCgroupItsTurn) {
  auto& watched_tree = watch();
  for (std::uint64_t inode = 1; inode < 100; ++inode) {
    const Cgroup cgroup{.id = {inode * 32}, .path = "top/a", .container_id = {}};
    int turns = 0;
    for (unsigned scan = 0; scan < kTurns; ++scan) {
      test::refresh(watched_tree);
      if (watched_tree.is_turn_of(cgroup)) ++turns;
    }
    EXPECT_EQ(turns, 1) << inode;
  }
}

TEST_F(CgroupTreeTest, TakesAMissingLimitFileAsNoLimit) {
  tree.add("top/leaf");
  tree.remove_file("top", "memory.max");
  tree.remove_file("top", "memory.high");
  EXPECT_EQ(limit_above(), Limit::max());
  EXPECT_THAT(watch().unreadable(), IsEmpty());
}

TEST_F(CgroupTreeTest, ReportsALimitThatMakesNoSenseAndGoesOnWithTheOneAbove) {
  tree.add("top", {.limit = "4096"});
  tree.add("top/x/leaf");
  tree.write("top/x", "memory.max", "plenty\n");
  EXPECT_EQ(limit_above(), Limit{Bytes{4096}});
  ASSERT_THAT(watch().unreadable(), SizeIs(1));
  EXPECT_EQ(watch().unreadable()[0].message(),
            "cannot read the limits of " + tree.absolute("top/x") + ": unexpected content");
  tree.write("top/x", "memory.max", "2048\n");
  EXPECT_EQ(limit_above(), Limit{Bytes{2048}});
  EXPECT_THAT(watch().unreadable(), IsEmpty());
}

TEST_F(CgroupTreeTest, ReportsAMissingParentAndWatchesItWhenItAppears) {
  EXPECT_THAT(targets(), IsEmpty());
  ASSERT_THAT(watch().unreadable(), SizeIs(1));
  EXPECT_EQ(watch().unreadable()[0].message(),
            "cannot open " + tree.absolute("top") + ": No such file or directory");
  tree.add("top/a");
  EXPECT_THAT(targets(), ElementsAre("top/a"));
  EXPECT_THAT(watch().unreadable(), IsEmpty());
}

TEST_F(CgroupTreeTest, FindsTheLimitsAboveAParentThatAppearsLater) {
  tree.add("high.slice", {.limit = "4096"});
  watch({{"high.slice/mid/top"}});
  EXPECT_THAT(targets(), IsEmpty());
  tree.add("high.slice/mid/top/leaf");
  EXPECT_EQ(limit_above(), Limit{Bytes{4096}});
}

TEST_F(CgroupTreeTest, ReportsAParentThatIsNoDirectory) {
  tree.write_below_root("sys/fs/cgroup/top", "");
  EXPECT_THAT(targets(), IsEmpty());
  ASSERT_THAT(watch().unreadable(), SizeIs(1));
  EXPECT_EQ(watch().unreadable()[0].code, std::errc::not_a_directory);
}

TEST_F(CgroupTreeTest, NeverFollowsALinkOutOfTheHierarchy) {
  tree.add("elsewhere/leaf");
  tree.add("top/a");
  std::filesystem::create_directory_symlink(tree.absolute("elsewhere"), tree.absolute("top/link"));
  EXPECT_THAT(targets(), ElementsAre("top/a"));
}

TEST_F(CgroupTreeTest, WatchesSeveralParents) {
  tree.add("one/a");
  tree.add("two/b");
  tree.add("three/c");
  watch({{"one"}, {"two"}, {"missing"}});
  EXPECT_THAT(targets(), ElementsAre("one/a", "two/b"));
  EXPECT_THAT(watch().unreadable(), SizeIs(1));
}

TEST_F(CgroupTreeTest, FindsABranchWithoutMemoryFilesThatWasMadeAnewAlthoughNothingElseChanged) {
  tree.add("top/b.slice/old");
  for (const auto* file : {"memory.max", "memory.high"}) tree.remove_file("top/b.slice", file);
  EXPECT_THAT(targets(), ElementsAre("top/b.slice/old"));
  tree.recreate("top/b.slice");
  tree.add("top/b.slice/new");
  targets();
  EXPECT_THAT(targets(), ElementsAre("top/b.slice/new")) << "at the latest at the second refresh";
}

}  // namespace
}  // namespace cmm
