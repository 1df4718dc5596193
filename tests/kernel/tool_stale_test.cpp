// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <cerrno>

#include "cgroupfs/owner_mark.hpp"
#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// What is left behind when the tool is killed, by a signal that it can't see.
class ToolStale : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    if (IsSkipped()) return;
    // --stale looks at the whole hierarchy, and what others left behind is not the test's to remove.
    const auto others = find_stale(memory_hierarchy().mount);
    if (!others || !others->empty())
      GTEST_SKIP() << environment_name() << ": somebody else left stale cgroups";
  }

  /// Starts a run whose command outlives the tool, and kills the tool.
  static void kill_a_run(const TestCgroup& cgroup, const std::string& script = "exec sleep 3600") {
    // In a session of its own, as the end of a Process is the end of its process group.
    const auto tool = start_run(cgroup, {"setsid", "sh", "-c", script});
    EXPECT_TRUE(eventually([&] { return name_of(processes_of(cgroup).at(0)) == "sleep"; }));
    tool->send_signal(SIGKILL);
    EXPECT_EQ(tool->wait(30s), (ExitStatus{-1, SIGKILL}));
    EXPECT_EQ(processes_of(cgroup).size(), 1);
  }

  static std::string delete_stale() { return expect_success({"delete", "--stale"}); }
};

std::string deleted(const TestCgroup& cgroup) { return "Deleted stale cgroup '" + cgroup.path() + "'\n"; }

TEST_F(ToolStale, CgroupsAreRemovedWithTheParentsMadeForThem) {
  const auto app = cgroup("a/b/app");
  kill_a_run(app);
  const auto pid = processes_of(app).at(0);
  EXPECT_EQ(delete_stale(), deleted(app) + "  killed what still ran in it: " + std::to_string(pid) +
                                " (sleep) in '" + app.path() + "'\n" + deleted(cgroup("a/b")) +
                                deleted(cgroup("a")));
  EXPECT_EQ(name_of(pid), "");
  EXPECT_FALSE(exists(cgroup("a")));
}

TEST_F(ToolStale, CgroupsAreRemovedWithThoseThatTheCommandMade) {
  const auto app = cgroup("app");
  kill_a_run(app, "mkdir " + app.file("child") + "; exec sleep 3600");
  ASSERT_TRUE(exists(cgroup("app/child")));
  EXPECT_THAT(delete_stale(), HasSubstr(deleted(app)));
  EXPECT_FALSE(exists(app));
}

TEST_F(ToolStale, ScratchCgroupOfATestIsRemoved) {
  Process tool{tool_command({"test-memory", "--memory-max", "64MiB", "32MiB"})};
  const TestCgroup scratch{"cmm-test-" + std::to_string(tool.pid())};
  ASSERT_TRUE(eventually([&] { return exists(scratch) && !processes_of(scratch).empty(); }));
  tool.send_signal(SIGKILL);
  EXPECT_EQ(tool.wait(30s), (ExitStatus{-1, SIGKILL}));
  EXPECT_THAT(delete_stale(), HasSubstr(deleted(scratch)));
  EXPECT_FALSE(exists(scratch));
}

TEST_F(ToolStale, CgroupsAreRemovedBesideOneThatCannotBe) {
  // One before it and one after it, in whichever order.
  const std::vector others{cgroup("a"), cgroup("c")};
  const auto stuck = cgroup("b");
  kill_a_run(others[0]);
  kill_a_run(stuck);
  kill_a_run(others[1]);
  FaultInjector faults{stuck.absolute(), {"openat"}};
  faults.set([&](const FileCall& call) { return call.path == stuck.file("cgroup.procs") ? EIO : 0; });
  const auto tool = start({"delete", "--stale"}, faults);
  EXPECT_EQ(tool->wait(30s), ExitStatus{kFailure});
  EXPECT_EQ(tool->err(), "cgroup-tool: cannot read " + stuck.file("cgroup.procs") + ": Input/output error\n");
  for (const auto& other : others) EXPECT_FALSE(exists(other)) << other.path();
  EXPECT_THAT(delete_stale(), HasSubstr(deleted(stuck)));
}

TEST_F(ToolStale, IsNoCgroupOfALivingTool) {
  const auto tool = start_run(cgroup("app"), {"sleep", "3600"});
  EXPECT_EQ(delete_stale(), "");
  EXPECT_EQ(processes_of(cgroup("app")).size(), 1);
}

TEST_F(ToolStale, IsNoCgroupOfAToolInAnotherPidNamespace) {
  auto command = tool_command({"run", "--name", cgroup("app").path(), "--", "sleep", "3600"});
  command.command.insert(command.command.begin(), {"unshare", "--pid", "--fork", "--mount-proc"});
  Process tool{command};
  ASSERT_TRUE(eventually([&] { return exists(cgroup("app")) && !processes_of(cgroup("app")).empty(); }))
      << tool.err();
  EXPECT_EQ(delete_stale(), "");
  EXPECT_EQ(processes_of(cgroup("app")).size(), 1);
}

TEST_F(ToolStale, ParentIsLeftToALivingToolThatUsesIt) {
  kill_a_run(cgroup("parent/dead"));
  const auto tool = start_run(cgroup("parent/alive"), {"sleep", "3600"});
  EXPECT_THAT(delete_stale(), HasSubstr(deleted(cgroup("parent/dead"))));
  EXPECT_FALSE(exists(cgroup("parent/dead")));
  EXPECT_EQ(processes_of(cgroup("parent/alive")).size(), 1);
  tool->send_signal(SIGTERM);
  EXPECT_EQ(tool->wait(30s), ExitStatus{128 + SIGTERM});
  EXPECT_EQ(delete_stale(), deleted(cgroup("parent")));
}

TEST_F(ToolStale, ParentIsLeftToACgroupThatWasKept) {
  kill_a_run(cgroup("parent/dead"));
  const auto kept = run_tool({"run", "--name", cgroup("parent/kept").path(), "--keep", "--", "true"});
  EXPECT_EQ(kept.status, ExitStatus{0}) << kept.err;
  EXPECT_THAT(delete_stale(), Not(HasSubstr("kept")));
  EXPECT_TRUE(exists(cgroup("parent/kept")));
}

}  // namespace
}  // namespace cmm::test
