// SPDX-License-Identifier: Apache-2.0
#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

class ToolDelete : public ToolTest {};

std::string deleted(const TestCgroup& cgroup) { return "Deleted cgroup '" + cgroup.path() + "'\n"; }

TEST_F(ToolDelete, RemovesACgroup) {
  const auto app = make("app");
  EXPECT_EQ(expect_success({"delete", app.path()}), deleted(app));
  EXPECT_FALSE(exists(app));
}

TEST_F(ToolDelete, RefusesACgroupWithOthersBelowIt) {
  const auto app = make("app");
  make("app/child");
  expect_refused({"delete", app.path()}, kFailure, "has cgroups below it");
  EXPECT_TRUE(exists(cgroup("app/child")));
}

TEST_F(ToolDelete, RecursiveRemovesTheDeepestFirst) {
  const auto deepest = make("app/child/grandchild");
  EXPECT_EQ(expect_success({"delete", cgroup("app").path(), "--recursive"}),
            deleted(deepest) + deleted(cgroup("app/child")) + deleted(cgroup("app")));
  EXPECT_FALSE(exists(cgroup("app")));
}

TEST_F(ToolDelete, NamesTheProcessInside) {
  const auto app = make("app");
  const Tenant tenant{app, [] {}};
  const auto pid = processes_of(app).at(0);
  const auto named = std::to_string(pid) + " (" + name_of(pid) + ") in '" + app.path() + "'";
  expect_refused({"delete", app.path()}, kFailure,
                 "has a process inside: " + named + "; end or move it first");
  EXPECT_TRUE(exists(app));
}

TEST_F(ToolDelete, RecursiveRemovesNothingWhereAProcessIsBelow) {
  const auto child = make("app/child");
  make("app/empty");
  const Tenant one{child, [] {}};
  const Tenant other{child, [] {}};
  expect_refused({"delete", cgroup("app").path(), "--recursive"}, kFailure, "has 2 processes inside: ");
  EXPECT_TRUE(exists(cgroup("app/empty")));
}

TEST_F(ToolDelete, WaitsForAProcessThatIsEnding) {
  const auto app = make("app");
  for (int round = 0; round < 20; ++round) {
    run_in(app, [] { keep_anonymous(MiB(8)); });
    expect_success({"delete", app.path()});
    make("app");
  }
}

}  // namespace
}  // namespace cmm::test
