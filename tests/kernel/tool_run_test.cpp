// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ToolRun : public ToolTest {
 protected:
  [[nodiscard]] TestCgroup app() const { return cgroup("app"); }

  /// Runs a command in a cgroup of the sandbox.
  [[nodiscard]] Finished run(std::vector<std::string> command, std::vector<std::string> options = {}) const {
    std::vector<std::string> arguments{"run", "--name", app().path()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.emplace_back("--");
    arguments.insert(arguments.end(), command.begin(), command.end());
    return run_tool(arguments);
  }

  /// Runs `"TOOL" WHAT` in a shell, where $1 is the cgroup.
  [[nodiscard]] Finished in_shell(const std::string& what) const {
    return test::run({{"sh", "-c", "\"$0\" " + what, tool_program(), app().path()}}, 60s);
  }

  /// Sends a signal to the tool while its command waits for an hour, and expects both to end by it.
  void expect_passed_on(int signal) const {
    SCOPED_TRACE(signal);
    const auto tool = start_run(app(), {"sleep", "3600"});
    tool->send_signal(signal);
    EXPECT_EQ(tool->wait(30s), ExitStatus{128 + signal});
    EXPECT_FALSE(exists(app()));
  }
};

TEST_F(ToolRun, ConfinesTheCommandFromItsFirstInstruction) {
  const auto result = run({"cat", "/proc/self/cgroup"});
  EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
  EXPECT_THAT(result.out, HasSubstr((is_v1() ? ":memory:/" : "0::/") + app().path() + "\n"));
}

TEST_F(ToolRun, SetsItsLimitsBeforeTheCommandBegins) {
  const auto result =
      run({"cat", app().file(is_v1() ? "memory.limit_in_bytes" : "memory.max")}, {"--memory-max", "64MiB"});
  EXPECT_EQ(result.out, "67108864\n") << result.err;
}

TEST_F(ToolRun, ReturnsTheExitCodeOfTheCommand) {
  EXPECT_EQ(run({"sh", "-c", "exit 7"}).status, ExitStatus{7});
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).status, ExitStatus{137});
}

TEST_F(ToolRun, ReturnsWhatAShellDoesWhereTheCommandCannotBeStarted) {
  const auto missing = run({"/nonexistent/command"});
  EXPECT_EQ(missing.status, ExitStatus{127});
  EXPECT_EQ(missing.err, "cgroup-tool: cannot run /nonexistent/command: No such file or directory\n");
  EXPECT_EQ(run({"/proc/version"}).status, ExitStatus{126});
  EXPECT_FALSE(exists(app()));
}

TEST_F(ToolRun, PassesSignalsOnToTheCommand) {
  expect_passed_on(SIGTERM);
  expect_passed_on(SIGINT);
  expect_passed_on(SIGHUP);
  expect_passed_on(SIGUSR1);
}

TEST_F(ToolRun, PassesEverySignalOnThatWouldEndIt) {
  for (const int signal : {SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ, SIGIO, SIGPWR, SIGSTKFLT, 40}) {
    expect_passed_on(signal);
  }
}

TEST_F(ToolRun, StopsAndGoesOnTogetherWithItsCommand) {
  const auto tool = start_run(app(), {"sleep", "3600"});
  const auto command = processes_of(app()).at(0);
  const auto both_are = [&](char state) {
    return eventually([&] { return state_of(tool->pid()) == state && state_of(command) == state; });
  };
  tool->send_signal(SIGTSTP);
  EXPECT_TRUE(both_are('T'));
  tool->send_signal(SIGCONT);
  EXPECT_TRUE(both_are('S'));
}

TEST_F(ToolRun, LeavesItToTheCommandWhatASignalDoes) {
  const auto tool = start_run(
      app(), {"sh", "-c", "trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.1; done"});
  ASSERT_TRUE(tool->wait_for_output("ready", 30s));
  tool->send_signal(SIGTERM);
  EXPECT_EQ(tool->wait(30s), ExitStatus{3});
  EXPECT_EQ(tool->out(), "ready\ncaught\n");
}

TEST_F(ToolRun, RemovesTheCgroupsItMadeAndNoOthers) {
  make("old");
  expect_success({"run", "--name", cgroup("old/new/app").path(), "--", "true"});
  EXPECT_TRUE(exists(cgroup("old")));
  EXPECT_FALSE(exists(cgroup("old/new")));
}

TEST_F(ToolRun, LeavesAParentInWhichSomebodyElseHasACgroup) {
  const auto first = start_run(cgroup("parent/first"), {"sleep", "3600"});
  const auto second = start_run(cgroup("parent/second"), {"sleep", "3600"});
  first->send_signal(SIGTERM);
  EXPECT_EQ(first->wait(30s), ExitStatus{128 + SIGTERM});
  EXPECT_EQ(first->err(), "");
  EXPECT_EQ(processes_of(cgroup("parent/second")).size(), 1);
}

TEST_F(ToolRun, KillsWhatTheCommandLeavesRunning) {
  const auto result = run({"sh", "-c", "setsid sleep 3600 >/dev/null 2>&1 & sleep 0.5; echo $!"});
  EXPECT_EQ(result.status, ExitStatus{0});
  const auto pid = static_cast<pid_t>(std::stol(result.out));
  EXPECT_EQ(result.err, "cgroup-tool: the command has ended; killed what it left in '" + app().path() +
                            "': " + std::to_string(pid) + " (sleep)\n");
  EXPECT_EQ(name_of(pid), "");
  EXPECT_FALSE(exists(app()));
}

TEST_F(ToolRun, RemovesTheCgroupsThatTheCommandMadeInItsOwn) {
  EXPECT_EQ(run({"mkdir", app().file("child")}).status, ExitStatus{0});
  EXPECT_FALSE(exists(app()));
}

TEST_F(ToolRun, KeepsTheCgroupAndWhatRunsInItWhereAskedTo) {
  const auto result = run({"sh", "-c", "setsid sleep 3600 >/dev/null 2>&1 & sleep 0.5"}, {"--keep"});
  EXPECT_EQ(result.status, ExitStatus{0});
  EXPECT_EQ(result.err, "cgroup-tool: kept cgroup '" + app().path() + "'\n");
  const auto left = processes_of(app());
  ASSERT_EQ(left.size(), 1);
  EXPECT_EQ(name_of(left[0]), "sleep");
  ASSERT_EQ(::kill(left[0], SIGKILL), 0);
}

TEST_F(ToolRun, LeavesNothingBehindWhereALimitIsRefused) {
  if (!is_v1()) GTEST_SKIP() << environment_name() << ": v2 takes any limit of swap; ToolCpu has its like";
  expect_refused({"run", "--name", app().path(), "--swap-max", "16MiB", "--", "true"}, kUnavailable,
                 "this cgroup has no memory limit; give --memory-max as well");
  EXPECT_FALSE(exists(app()));
}

TEST_F(ToolRun, RefusesACgroupThatExists) {
  make("app");
  expect_refused({"run", "--name", app().path(), "--", "true"}, kFailure, "exists already");
  EXPECT_TRUE(exists(app()));
}

TEST_F(ToolRun, ReportsAnOomKillWithItsCounters) {
  const auto result =
      run({"dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"}, {"--memory-max", "16MiB"});
  EXPECT_EQ(result.status, ExitStatus{kKilledByKernel});
  EXPECT_THAT(result.err, HasSubstr("the kernel killed a process of '" + app().path() + "'"));
  EXPECT_THAT(result.err, HasSubstr("oom_kill 1; limit 16.0 MiB, "));
  EXPECT_THAT(result.err, HasSubstr("; exit code 137\n"));
  EXPECT_FALSE(exists(app()));
}

TEST_F(ToolRun, ReportsAnOomKillBeforeTheFirstInstructionLikeAnyOther) {
  for (const auto* limit : {"0", "4096"}) {
    const auto result = run({"true"}, {"--memory-max", limit});
    EXPECT_EQ(result.status, ExitStatus{kKilledByKernel}) << result.err;
    EXPECT_THAT(result.err, HasSubstr("the kernel killed a process of '" + app().path() + "'"));
    EXPECT_FALSE(exists(app()));
  }
}

TEST_F(ToolRun, ReturnsWhatItShouldWhereNobodyTakesItsMessages) {
  const auto killed = in_shell(
      "run --name \"$1\" --memory-max 16MiB -- dd if=/dev/zero of=/dev/null bs=64M "
      "count=1 2>/dev/full");
  EXPECT_EQ(killed.status, ExitStatus{kKilledByKernel});
  EXPECT_FALSE(exists(app()));
  const auto kept = in_shell("run --name \"$1\" --keep -- true 2>/dev/full");
  EXPECT_EQ(kept.status, ExitStatus{0});
  EXPECT_TRUE(exists(app()));
}

}  // namespace
}  // namespace cmm::test
