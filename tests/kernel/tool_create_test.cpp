// SPDX-License-Identifier: Apache-2.0
#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

class ToolCreate : public ToolTest {};

std::string created(const TestCgroup& cgroup) {
  return "Created cgroup '" + cgroup.path() + "' (" + cgroup.absolute() + ")\n";
}

TEST_F(ToolCreate, MakesACgroupAndWhatIsMissingAboveIt) {
  EXPECT_EQ(expect_success({"create", cgroup("a/b").path()}), created(cgroup("a")) + created(cgroup("a/b")));
  EXPECT_TRUE(exists(cgroup("a/b")));
  EXPECT_EQ(expect_success({"create", cgroup("a/c").absolute()}), created(cgroup("a/c")));
}

TEST_F(ToolCreate, EnablesTheMemoryControllerOnTheWayDown) {
  expect_success({"create", cgroup("a/b").path()});
  EXPECT_TRUE(cgroup("a/b").has(is_v1() ? "memory.limit_in_bytes" : "memory.max"));
  if (is_v1()) return;
  EXPECT_THAT(cgroup("a").read("cgroup.subtree_control"), HasSubstr("memory"));
}

TEST_F(ToolCreate, LeavesNothingHalfMadeBehind) {
  expect_refused({"create", cgroup("a/b/cgroup.procs").path()}, kFailure, "cgroup.procs: File exists");
  EXPECT_FALSE(exists(cgroup("a")));
}

TEST_F(ToolCreate, LeavesWhatWasThereBeforeItFailed) {
  make("a");
  expect_refused({"create", cgroup("a/b/cgroup.procs").path()}, kFailure, "cgroup.procs: File exists");
  EXPECT_TRUE(exists(cgroup("a")));
  EXPECT_FALSE(exists(cgroup("a/b")));
}

TEST_F(ToolCreate, RefusesANameThatTheKernelDoesNotTakeInOneLine) {
  expect_refused({"create", cgroup("a/new\nline").path()}, kUsage, "new\\nline: Invalid argument");
  EXPECT_FALSE(exists(cgroup("a")));
}

TEST_F(ToolCreate, NamesTheParentsLimitWhereThatLeavesNoRoom) {
  const auto parent = make("a");
  parent.limit_memory(Bytes{});
  // Some kernels find room for it.
  const auto result = run_tool({"create", cgroup("a/b").path()});
  if (result.status == ExitStatus{0}) GTEST_SKIP() << environment_name() << ": this kernel makes it";
  EXPECT_THAT(result.err,
              HasSubstr("Cannot allocate memory; a cgroup's own memory is charged to its parent"));
}

TEST_F(ToolCreate, ShowsANameThatWouldDriveTheTerminalAsText) {
  const auto app = cgroup("a\x1b[2J");
  EXPECT_THAT(expect_success({"create", app.path()}), HasSubstr("/a\\x1b[2J'"));
  EXPECT_THAT(expect_success({"delete", app.path()}), HasSubstr("/a\\x1b[2J'"));
}

TEST_F(ToolCreate, SaysSoWhereTheCgroupExists) {
  const auto app = make("app");
  expect_refused({"create", app.path()}, kFailure, "cgroup '" + app.path() + "' exists already");
}

TEST_F(ToolCreate, RefusesAParentThatHasProcessesOnV2) {
  if (is_v1()) GTEST_SKIP() << environment_name() << ": v1 lets processes live beside child cgroups";
  const auto app = make("app");
  const Tenant tenant{app, [] {}};
  expect_refused({"create", app.path() + "/child"}, kFailure, "it is in use: a cgroup with processes can't");
  EXPECT_FALSE(exists(cgroup("app/child")));
}

}  // namespace
}  // namespace cmm::test
