// SPDX-License-Identifier: Apache-2.0
#include "engine/recall.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace cmm {
namespace {

CgroupRef cgroup(std::uint64_t inode) {
  return std::make_shared<const Cgroup>(Cgroup{CgroupId{inode}, "app", {}});
}

class RecallTest : public testing::Test {
 protected:
  /// A scan that comes by these. It remembers of each who it is, as the engine does.
  std::size_t scan(const std::vector<CgroupRef>& cgroups) {
    for (const auto& each : cgroups) {
      auto& remembered = recall.next(memory, each);
      EXPECT_EQ(&remembered, &memory.cgroups.at(each->id)) << each->id.inode;
      remembered.ruled = each;
    }
    return recall.end();
  }

  const CgroupRef a = cgroup(1);
  const CgroupRef b = cgroup(2);
  const CgroupRef c = cgroup(3);
  Memory memory;
  Recall recall;
};

TEST_F(RecallTest, FindsEachCgroupsOwnMemoryWhateverTheOrder) {
  EXPECT_EQ(scan({a, b}), 2U);
  EXPECT_EQ(scan({a, b}), 2U);
  EXPECT_EQ(scan({b, a}), 2U);
  EXPECT_EQ(scan({a, c, b}), 3U);
  EXPECT_EQ(scan({c}), 1U);
  EXPECT_EQ(scan({c, b, a}), 3U);
}

TEST_F(RecallTest, LooksUpWhatWasForgottenAndCameBack) {
  scan({a, b, c});
  scan({a});
  memory.cgroups.erase(b->id);
  memory.cgroups.erase(c->id);
  scan({a, b, c});
  EXPECT_EQ(memory.cgroups.size(), 3U);
}

TEST_F(RecallTest, KnowsACgroupWhoseNamesHaveBecomeKnown) {
  scan({a, b});
  memory.cgroups.at(a->id).history.deferrals = 7;
  const auto named = cgroup(1);
  EXPECT_EQ(scan({named, b}), 2U);
  EXPECT_EQ(memory.cgroups.size(), 2U);
  EXPECT_EQ(recall.next(memory, named).history.deferrals, 7U);
}

}  // namespace
}  // namespace cmm
