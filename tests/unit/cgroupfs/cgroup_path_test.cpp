// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/cgroup_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cmm {
namespace {

using testing::HasSubstr;

constexpr std::string_view kMount = "/sys/fs/cgroup/memory";

std::string path_of(std::string_view given) { return resolve_cgroup_path(kMount, given).value_or("refused"); }

std::string refusal_of(std::string_view given) {
  const auto path = resolve_cgroup_path(kMount, given);
  return path ? "accepted as " + *path : path.error();
}

TEST(CgroupPath, IsRelativeToTheMountOrAbsoluteBelowIt) {
  EXPECT_EQ(path_of("my-app"), "my-app");
  EXPECT_EQ(path_of("parent/child"), "parent/child");
  EXPECT_EQ(path_of("/sys/fs/cgroup/memory/my-app"), "my-app");
  EXPECT_EQ(path_of("/sys/fs/cgroup/memory/parent/child"), "parent/child");
}

TEST(CgroupPath, HasNoSlashesThatSayNothing) {
  EXPECT_EQ(path_of("my-app/"), "my-app");
  EXPECT_EQ(path_of("parent//child"), "parent/child");
  EXPECT_EQ(path_of("/sys/fs//cgroup/memory/my-app//"), "my-app");
}

TEST(CgroupPath, MayLookLikeTheMountWithoutBeingIt) {
  EXPECT_EQ(path_of("sys"), "sys");
  EXPECT_EQ(path_of("sys/fs/cgroup/memoryless"), "sys/fs/cgroup/memoryless");
  EXPECT_EQ(path_of("..."), "...");
}

TEST(CgroupPath, IsRefusedWhereItIsEmptyOrTheRoot) {
  EXPECT_EQ(refusal_of(""), "the path is empty; name a cgroup, as my-app or parent/child");
  EXPECT_THAT(refusal_of("/sys/fs/cgroup/memory"), HasSubstr("it is the root of the hierarchy"));
  EXPECT_THAT(refusal_of("/sys/fs/cgroup/memory/"), HasSubstr("it is the root of the hierarchy"));
}

TEST(CgroupPath, IsRefusedWhereItDoesNotLieBelowTheMount) {
  for (const auto* given :
       {"/", "/tmp", "/sys/fs/cgroup", "/sys/fs/cgroup/cpu/my-app", "/sys/fs/cgroup/memory2/a"}) {
    EXPECT_THAT(refusal_of(given), HasSubstr("it does not lie below /sys/fs/cgroup/memory")) << given;
  }
}

TEST(CgroupPath, IsRefusedWithDotsThatWouldLeadElsewhere) {
  for (const auto* given : {".", "..", "../a", "a/../b", "a/.", "/sys/fs/cgroup/memory/.."}) {
    EXPECT_THAT(refusal_of(given), HasSubstr("the path has . or .. in it")) << given;
  }
}

TEST(CgroupPath, IsRefusedWithTheMountTwiceAndSaysWhatWasMeant) {
  EXPECT_EQ(refusal_of("/sys/fs/cgroup/memory/sys/fs/cgroup/memory/a/b"),
            "it has /sys/fs/cgroup/memory in it twice; did you mean a/b?");
  EXPECT_THAT(refusal_of("/sys/fs/cgroup/memory/sys/fs/cgroup/memory"),
              HasSubstr("did you mean a cgroup below it?"));
}

TEST(CgroupPath, IsRefusedWithTheMountWithoutItsFirstSlash) {
  EXPECT_EQ(refusal_of("sys/fs/cgroup/memory/my-app"),
            "it has /sys/fs/cgroup/memory in it without the first slash; did you mean my-app?");
}

TEST(CgroupPath, IsRelativeToAnyMount) {
  EXPECT_EQ(resolve_cgroup_path("/sys/fs/cgroup", "memory/a"), "memory/a");
  EXPECT_EQ(resolve_cgroup_path("/sys/fs/cgroup/", "/sys/fs/cgroup/a"), "a");
}

}  // namespace
}  // namespace cmm
