// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/directory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using testing::ElementsAre;
using testing::Lt;
using testing::SizeIs;

TEST(CgroupTreeList, HasParentsBeforeTheirChildren) {
  test::FakeTree tree;
  tree.add("a/b/c");
  const auto listed = list_cgroup_tree(tree.hierarchy().mount, "a");
  ASSERT_TRUE(listed) << listed.error().message();
  EXPECT_THAT(*listed, ElementsAre("a", "a/b", "a/b/c"));
}

TEST(CgroupTreeList, IsNotKeptFromTheOthersByWhatATenantNestsDeeperThanAPathCanSay) {
  test::FakeTree tree;
  tree.add("a");
  const std::string name(250, 'n');
  auto dir = tree.open("a");
  for (int level = 0; level < 20; ++level) {
    ASSERT_EQ(::mkdirat(dir.get(), name.c_str(), 0755), 0);
    dir = UniqueFd{::openat(dir.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    ASSERT_TRUE(dir);
  }
  tree.add("other");
  const auto listed = list_cgroup_tree(tree.hierarchy().mount, "");
  ASSERT_TRUE(listed) << listed.error().message();
  EXPECT_THAT(*listed, SizeIs(Lt(20)));
  EXPECT_THAT(*listed, testing::Contains("other"));
}

}  // namespace
}  // namespace cmm
