// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/processes.hpp"

#include <gtest/gtest.h>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

/// A cgroup and its other half, with these processes in them.
class ProcessesOfBothHalves : public testing::Test {
 protected:
  void fill(const std::string& here, const std::string& there) const {
    from_.write("app", "cgroup.procs", here);
    to_.write("app", "cgroup.procs", there);
  }
  [[nodiscard]] bool can_move() const { return can_move_processes(from(), to(), "app").value(); }
  [[nodiscard]] std::string from() const { return from_.hierarchy().mount; }
  [[nodiscard]] std::string to() const { return to_.hierarchy().mount; }

  void SetUp() override {
    from_.add("app");
    to_.add("app");
  }

  test::FakeTree from_, to_;
};

TEST_F(ProcessesOfBothHalves, CanBeMovedWhereEachHasANumber) {
  fill("7\n8\n", "");
  EXPECT_TRUE(can_move());
}

TEST_F(ProcessesOfBothHalves, CannotAllBeMovedFromAnotherPidNamespace) {
  fill("0\n7\n", "");
  EXPECT_FALSE(can_move());
  fill("0\n0\n", "0\n");
  EXPECT_FALSE(can_move());
}

TEST_F(ProcessesOfBothHalves, NeedNotBeMovedWhereTheyAre) {
  fill("0\n7\n", "0\n7\n");
  EXPECT_TRUE(can_move());
}

// Written to cgroup.procs, 0 is whoever writes.
TEST_F(ProcessesOfBothHalves, AreNeverMovedByTheNumberZero) {
  fill("0\n", "");
  ASSERT_TRUE(move_processes(from(), to(), "app"));
  EXPECT_EQ(to_.read("app", "cgroup.procs"), "");
}

}  // namespace
}  // namespace cmm
