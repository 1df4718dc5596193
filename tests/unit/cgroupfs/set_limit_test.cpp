// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/set_limit.hpp"

#include <gtest/gtest.h>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::FakeTree;

TEST(SetCpuMax, GivesTheOldQuotaBackOnV1WhereALaterStepFails) {
  FakeTree tree{CgroupVersion::v1};
  tree.add("app");
  tree.write("app", "cpu.cfs_quota_us", "20000\n");
  const auto refused = set_cpu_max(tree.hierarchy(), "app", {.quota = 80ms, .period = 100ms});
  ASSERT_FALSE(refused) << "there is no file for the period";
  EXPECT_EQ(tree.read("app", "cpu.cfs_quota_us"), "20000\n");
}

}  // namespace
}  // namespace cmm
