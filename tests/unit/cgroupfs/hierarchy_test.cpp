// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/hierarchy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/as_nobody.hpp"
#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using test::FakeTree;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kMountinfoFile = "proc/self/mountinfo";

HierarchyError refusal_of(const FakeTree& tree, const std::string& given) {
  const auto parent = find_parent(tree.hierarchy(), given);
  EXPECT_FALSE(parent) << given;
  return parent ? HierarchyError{} : parent.error();
}

std::string parent_of(const FakeTree& tree, const std::string& given) {
  const auto parent = find_parent(tree.hierarchy(), given);
  return parent ? parent->path : parent.error().message;
}

TEST(MemoryHierarchy, IsFoundOnV1ByItsMountOptions) {
  const FakeTree tree{CgroupVersion::v1};
  tree.write_below_root(kMountinfoFile,
                        "30 1 0:25 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
                        "31 30 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                        "32 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  const auto found = find_memory_hierarchy(tree.root());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, CgroupVersion::v1);
  EXPECT_EQ(found->mount, tree.root() + "/sys/fs/cgroup/memory");
}

TEST(MemoryHierarchy, IsFoundOnV2ByItsControllers) {
  const FakeTree tree;
  const auto found = find_memory_hierarchy(tree.root());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, CgroupVersion::v2);
  EXPECT_EQ(found->mount, tree.root() + "/sys/fs/cgroup");
}

TEST(MemoryHierarchy, OfAHybridHostIsV1AlthoughCgroup2IsMountedBesideIt) {
  const FakeTree tree{CgroupVersion::v1};
  tree.write_below_root("sys/fs/cgroup/unified/cgroup.controllers", "\n");
  for (const auto* order : {"unified first", "memory first"}) {
    const std::string unified = "31 30 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    const std::string memory = "32 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
    tree.write_below_root(kMountinfoFile, order[0] == 'u' ? unified + memory : memory + unified);
    const auto found = find_memory_hierarchy(tree.root());
    ASSERT_TRUE(found) << order;
    EXPECT_EQ(found->version, CgroupVersion::v1) << order;
    EXPECT_EQ(found->mount, tree.root() + "/sys/fs/cgroup/memory") << order;
  }
}

TEST(MemoryHierarchy, OfAHybridHostIsV2WhereThatOneOwnsTheController) {
  const FakeTree tree;
  tree.write_below_root("sys/fs/cgroup/unified/cgroup.controllers", "memory\n");
  tree.write_below_root(kMountinfoFile,
                        "31 30 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                        "32 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  const auto found = find_memory_hierarchy(tree.root());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, CgroupVersion::v2);
  EXPECT_EQ(found->mount, tree.root() + "/sys/fs/cgroup/unified");
}

TEST(MemoryHierarchy, IsLookedForWithinTheCgroupRootAlone) {
  const FakeTree tree;
  tree.write_below_root("host/cgroup/cgroup.controllers", "memory\n");
  tree.write_below_root("host/cgroups/cgroup.controllers", "memory\n");
  tree.write_below_root(kMountinfoFile,
                        "31 30 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 ro\n"
                        "32 30 0:26 / /host/cgroups rw - cgroup2 cgroup2 rw\n"
                        "33 30 0:26 /../.. /host/cgroup rw - cgroup2 cgroup2 rw\n"
                        "34 30 0:27 / /v1/cgroup/memory rw - cgroup cgroup rw,memory\n");
  const auto mount = [&](const std::string& cgroup_root) {
    const auto found = find_memory_hierarchy(tree.root(), cgroup_root);
    return found ? found->mount.substr(tree.root().size()) : found.error().message;
  };
  EXPECT_EQ(mount(""), "/sys/fs/cgroup");
  EXPECT_EQ(mount("/"), "/sys/fs/cgroup");
  EXPECT_EQ(mount("/host/cgroup"), "/host/cgroup");
  EXPECT_EQ(mount("/host/cgroup//"), "/host/cgroup");
  EXPECT_EQ(mount("/host"), "/host/cgroups");
  EXPECT_EQ(mount("/v1/cgroup"), "/v1/cgroup/memory");
  EXPECT_THAT(mount("/host/cg"),
              HasSubstr("no cgroup hierarchy that owns the memory controller is mounted at or "
                        "below /host/cg (cgroup_root)"));
}

TEST(MemoryHierarchy, IsFoundInAPrivateCgroupNamespace) {
  const FakeTree tree;
  tree.write_below_root(kMountinfoFile, "613 612 0:26 /.. /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n");
  const auto found = find_memory_hierarchy(tree.root());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->mount, tree.root() + "/sys/fs/cgroup");
}

TEST(MemoryHierarchy, MayBeMountedWhereTheNameHasABlank) {
  const FakeTree tree;
  tree.write_below_root("my cgroups/cgroup.controllers", "memory\n");
  tree.write_below_root(kMountinfoFile, "32 30 0:27 / /my\\040cgroups rw - cgroup2 cgroup2 rw\n");
  const auto found = find_memory_hierarchy(tree.root());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->mount, tree.root() + "/my cgroups");
}

TEST(MemoryHierarchy, IsNoneWhereNoMountOwnsTheController) {
  const FakeTree tree;
  tree.write_below_root("sys/fs/cgroup/cgroup.controllers", "cpu pids memory2\n");
  const auto found = find_memory_hierarchy(tree.root());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().fault, HierarchyFault::no_controller);
}

TEST(MemoryHierarchy, CantBeFoundWithoutMountinfo) {
  const FakeTree tree;
  std::filesystem::remove(tree.root() + "/" + kMountinfoFile);
  const auto found = find_memory_hierarchy(tree.root());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().fault, HierarchyFault::unreadable);
  EXPECT_THAT(found.error().message, HasSubstr(kMountinfoFile));
}

TEST(Parent, IsGivenRelativeToTheMountOrAbsolute) {
  FakeTree tree;
  tree.add("system.slice/docker.service");
  EXPECT_EQ(parent_of(tree, "system.slice"), "system.slice");
  EXPECT_EQ(parent_of(tree, "system.slice/docker.service"), "system.slice/docker.service");
  EXPECT_EQ(parent_of(tree, tree.absolute("system.slice/docker.service")), "system.slice/docker.service");
}

TEST(Parent, ComesOutInOneFormHoweverItWasWritten) {
  FakeTree tree;
  tree.add("a/b");
  std::filesystem::create_directory_symlink(tree.absolute("a/b"), tree.root() + "/link");
  for (const auto& given :
       {std::string{"a/b/"}, std::string{"a//b///"}, std::string{"./a/./b"}, std::string{"a/../a/b"},
        tree.absolute("a/b/"), tree.absolute("a/b/../b"), tree.root() + "/link", tree.root() + "/link/"}) {
    EXPECT_EQ(parent_of(tree, given), "a/b") << given;
  }
}

TEST(Parent, IsWhereALinkOfAnybodyLeadsAndNamedByItsRealPath) {
  FakeTree tree;
  tree.add("a/b");
  tree.add("c");
  const auto link = tree.root() + "/link";
  std::filesystem::create_directory_symlink(tree.absolute("a"), link);
  EXPECT_EQ(parent_of(tree, link + "/b"), "a/b");
  EXPECT_EQ(parent_of(tree, link + "/../c"), "c") << "after the link, as the kernel does it";
  std::filesystem::create_directory_symlink("../a", tree.absolute("c") + "/up");
  EXPECT_EQ(parent_of(tree, "c/up/b"), "a/b");
}

TEST(Parent, ThatLeavesTheMountByDotsOrALinkIsRefused) {
  FakeTree tree;
  tree.add("a");
  tree.write_below_root("outside/file", "");
  std::filesystem::create_directory_symlink(tree.root() + "/outside", tree.absolute("a") + "/out");
  for (const auto& given : {std::string{"a/../../../../outside"}, tree.absolute("a/../../../../outside"),
                            std::string{"a/out"}, std::string{"a/out/../outside"}}) {
    const auto refusal = refusal_of(tree, given);
    EXPECT_EQ(refusal.fault, HierarchyFault::not_a_cgroup) << given;
    EXPECT_THAT(refusal.message, HasSubstr("does not lie below " + tree.hierarchy().mount)) << given;
  }
  EXPECT_EQ(parent_of(tree, tree.root() + "/outside/.." + tree.absolute("a").substr(tree.root().size())), "a")
      << "which comes back";
}

TEST(Parent, BehindLinksThatLeadInACircleIsRefusedAsSuch) {
  const FakeTree tree;
  std::filesystem::create_directory_symlink(tree.root() + "/two", tree.root() + "/one");
  std::filesystem::create_directory_symlink(tree.root() + "/one", tree.root() + "/two");
  const auto refusal = refusal_of(tree, tree.root() + "/one");
  EXPECT_EQ(refusal.fault, HierarchyFault::not_a_cgroup);
  EXPECT_EQ(refusal.message, "cannot look at " + tree.root() + "/one: Too many levels of symbolic links");
}

TEST(Parent, WhoseNameIsTooLongIsRefusedInALineThatIsNot) {
  const FakeTree tree;
  for (const auto& given : {std::string(300, 'n'), std::string(5000, 'n')}) {
    const auto refusal = refusal_of(tree, given);
    EXPECT_EQ(refusal.fault, HierarchyFault::not_a_cgroup);
    EXPECT_THAT(refusal.message, HasSubstr("nnn…: File name too long"));
    EXPECT_LT(refusal.message.size(), 300);
  }
}

TEST(Parent, WithANulInItIsNotTheOneBeforeTheNul) {
  FakeTree tree;
  tree.add("a");
  const auto refusal = refusal_of(tree, std::string{"a\0b", 3});
  EXPECT_EQ(refusal.fault, HierarchyFault::not_a_cgroup);
  EXPECT_THAT(refusal.message, HasSubstr("has a NUL byte in it"));
}

TEST(Parent, ThatMayNotBeLookedAtIsRefusedForWantOfPermission) {
  FakeTree tree;
  tree.add("a/b");
  std::filesystem::permissions(tree.absolute("a"), std::filesystem::perms::none);
  {
    const test::AsNobody nobody;
    if (!nobody) GTEST_SKIP() << "root may look at everything";
    EXPECT_EQ(refusal_of(tree, "a/b").fault, HierarchyFault::no_permission);
  }
  std::filesystem::permissions(tree.absolute("a"), std::filesystem::perms::owner_all);
}

TEST(Parent, MayHaveANameThatBeginsWithDots) {
  FakeTree tree;
  tree.add("..a/b");
  EXPECT_EQ(parent_of(tree, "..a"), "..a");
}

TEST(Parent, ThatDoesNotExistIsRefusedAsMissing) {
  const FakeTree tree;
  const auto refusal = refusal_of(tree, "nowhere.slice");
  EXPECT_EQ(refusal.fault, HierarchyFault::missing);
  EXPECT_EQ(refusal.message, tree.absolute("nowhere.slice") + " does not exist; give a cgroup below " +
                                 tree.hierarchy().mount);
}

TEST(Parent, ThatIsAFileIsRefused) {
  FakeTree tree;
  tree.add("a");
  const auto refusal = refusal_of(tree, "a/memory.stat");
  EXPECT_EQ(refusal.fault, HierarchyFault::not_a_cgroup);
  EXPECT_THAT(refusal.message, HasSubstr("is a file"));
  EXPECT_EQ(refusal_of(tree, "a/memory.stat/b").fault, HierarchyFault::missing);
}

TEST(Parent, ThatIsTheRootOfTheHierarchyIsRefused) {
  FakeTree tree;
  tree.add("a");
  for (const auto& given : {std::string{}, std::string{"."}, std::string{"a/.."}, tree.hierarchy().mount,
                            tree.hierarchy().mount + "/"}) {
    EXPECT_EQ(refusal_of(tree, given).fault, HierarchyFault::is_root) << given;
  }
}

TEST(Parent, OnAnotherFileSystemIsRefused) {
  const FakeTree tree;
  const auto refusal = refusal_of(tree, "/proc");
  EXPECT_EQ(refusal.fault, HierarchyFault::not_a_cgroup);
  EXPECT_THAT(refusal.message, HasSubstr("/proc is not on a cgroup file system"));
  EXPECT_THAT(refusal.message, HasSubstr(tree.hierarchy().mount));
}

TEST(Parent, OnTheSameFileSystemButNotBelowTheMountIsRefused) {
  const FakeTree tree;
  const auto refusal = refusal_of(tree, tree.root() + "/proc");
  EXPECT_EQ(refusal.fault, HierarchyFault::not_a_cgroup);
  EXPECT_THAT(refusal.message, HasSubstr("does not lie below"));
  EXPECT_EQ(refusal_of(tree, "..").fault, HierarchyFault::not_a_cgroup);
}

TEST(Parent, OfAHierarchyWithoutTheControllerIsRefusedAsSuch) {
  // Any real cgroup belongs to another hierarchy than the fake one.
  for (const auto* cgroup : {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"}) {
    struct statfs state {};
    if (::statfs(cgroup, &state) != 0) continue;
    const auto magic = static_cast<unsigned long>(state.f_type);
    if (magic != CGROUP_SUPER_MAGIC && magic != CGROUP2_SUPER_MAGIC) continue;
    EXPECT_EQ(refusal_of(FakeTree{}, cgroup).fault, HierarchyFault::other_controller);
    return;
  }
  GTEST_SKIP() << "no cgroup file system is mounted here";
}

TEST(AwaitedParent, IsWhereItWillBeHoweverItWasWritten) {
  FakeTree tree;
  tree.add("pods");
  for (const auto& given : {std::string{"pods/later/app"}, tree.absolute("pods/later/app/"),
                            tree.absolute("pods/../pods/later/./app")}) {
    const auto found = find_awaited_parent(tree.hierarchy(), given);
    ASSERT_TRUE(found) << given << ": " << found.error().message;
    EXPECT_EQ(found->parent.path, "pods/later/app") << given;
    EXPECT_FALSE(found->exists) << given;
  }
}

TEST(AwaitedParent, ThatExistsIsLookedAtAsAnyOther) {
  FakeTree tree;
  tree.add("pods");
  const auto found = find_awaited_parent(tree.hierarchy(), "pods");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->exists);
  const auto root = find_awaited_parent(tree.hierarchy(), ".");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().fault, HierarchyFault::is_root);
}

TEST(AwaitedParent, ThatWouldNotLieBelowTheMountIsRefused) {
  const FakeTree tree;
  for (const auto* given : {"/nowhere/at/all", "missing/..", "missing/../../elsewhere"}) {
    const auto found = find_awaited_parent(tree.hierarchy(), given);
    ASSERT_FALSE(found) << given;
    EXPECT_THAT(found.error().message, HasSubstr("does not lie below " + tree.hierarchy().mount));
  }
}

TEST(DefaultParent, IsTheFirstThatExistsOfTheKnownOnes) {
  FakeTree tree;
  const auto chosen = [&] {
    const auto parents = find_default_parents(tree.hierarchy());
    std::vector<std::string> paths;
    if (!parents) return std::vector{parents.error().message};
    for (const auto& parent : *parents) paths.push_back(parent.path);
    return paths;
  };
  // From the last choice to the first.
  for (const auto* name : {"system.slice", "machine.slice", "docker", "kubepods", "kubepods.slice"}) {
    tree.add(name);
    EXPECT_THAT(chosen(), ElementsAre(name));
  }
}

TEST(DefaultParent, IsFoundWhereKindAndMinikubeNestIt) {
  const auto chosen = [](const FakeTree& tree) {
    std::vector<std::string> paths;
    const auto parents = find_default_parents(tree.hierarchy());
    for (const auto& parent : parents.value()) paths.push_back(parent.path);
    return paths;
  };
  for (const auto* name : {"kubelet.slice/kubelet-kubepods.slice", "kubelet/kubepods"}) {
    FakeTree kind;
    kind.add("system.slice");
    kind.add(name);
    EXPECT_THAT(chosen(kind), ElementsAre(name));
  }
  FakeTree minikube;
  minikube.add("docker/1f2e/kubepods");
  minikube.add("docker/3a4b/kubelet.slice/kubelet-kubepods.slice");
  minikube.add("docker/5c6d");
  EXPECT_THAT(chosen(minikube),
              ElementsAre("docker/1f2e/kubepods", "docker/3a4b/kubelet.slice/kubelet-kubepods.slice"));
  minikube.add("kubepods");
  EXPECT_THAT(chosen(minikube), ElementsAre("kubepods"));
}

TEST(DefaultParent, IsNoneWhereNoneOfThemExistsAndTheMessageNamesThem) {
  FakeTree tree;
  tree.add("user.slice");
  const auto parent = find_default_parents(tree.hierarchy());
  ASSERT_FALSE(parent);
  EXPECT_EQ(parent.error().fault, HierarchyFault::missing);
  EXPECT_THAT(parent.error().message,
              HasSubstr("kubepods.slice, kubepods, kubelet.slice/kubelet-kubepods.slice, kubelet/kubepods, "
                        "docker, machine.slice, system.slice"));
  EXPECT_THAT(parent.error().message, HasSubstr("--parent"));
}

TEST(Parents, ThatLieBelowAnotherOneOrAreGivenTwiceAreLeftOut) {
  const auto kept = [](std::vector<Parent> parents) {
    std::vector<std::string> paths;
    for (auto& parent : without_nested(std::move(parents))) paths.push_back(parent.path);
    return paths;
  };
  EXPECT_THAT(kept({{"a/b"}, {"a"}, {"a/b/c"}, {"a"}}), ElementsAre("a"));
  EXPECT_THAT(kept({{"ab"}, {"a"}, {"a-b/c"}}), ElementsAre("a", "a-b/c", "ab"))
      << "a common beginning is no nesting";
  EXPECT_THAT(kept({{"a"}, {"a-b"}, {"a/b"}}), ElementsAre("a", "a-b"))
      << "also where another name sorts in between";
  EXPECT_THAT(kept({}), ElementsAre());
}

}  // namespace
}  // namespace cmm
