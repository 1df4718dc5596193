// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <filesystem>

#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ToolTestMemory : public ToolTest {
 protected:
  static Finished in_new(const std::string& limit, const std::string& size) {
    return run_tool({"test-memory", "--memory-max", limit, size});
  }
};

/// Where the tool makes a cgroup of its own for the time of a test.
TestCgroup scratch_of(pid_t tool) { return TestCgroup{"cmm-test-" + std::to_string(tool)}; }

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  const auto before = text.rfind('\n', end);
  return text.substr(before == std::string::npos ? 0 : before + 1);
}

TEST_F(ToolTestMemory, ReachesASizeBelowTheLimit) {
  const auto app = make("app");
  app.limit_memory(MiB(64));
  const auto result = run_tool({"test-memory", app.path(), "32MiB"});
  EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
  EXPECT_EQ(last_line(result.out),
            "Reached 32.0 MiB: all of it was touched in cgroup '" + app.path() + "'\n");
  EXPECT_TRUE(processes_of(app).empty());
}

TEST_F(ToolTestMemory, IsKilledAtTheLimitWhichIsCountedAndReported) {
  const auto app = make("app");
  app.limit_memory(MiB(32));
  const auto result = run_tool({"test-memory", app.path()});
  EXPECT_EQ(result.status, ExitStatus{kKilledByKernel}) << result.err;
  EXPECT_THAT(last_line(result.out),
              testing::MatchesRegex("Killed at .* of 40.0 MiB: the kernel killed a "
                                    "process of '.*' because it was out of memory .*"));
  EXPECT_THAT(last_line(result.out), HasSubstr("oom_kill 1; limit 32.0 MiB, "));
  EXPECT_THAT(app.read(is_v1() ? "memory.oom_control" : "memory.events"), HasSubstr("oom_kill 1"));
}

TEST_F(ToolTestMemory, IsKilledAtTheLimitOfAnAncestorWhichIsNamed) {
  const auto app = make("parent/app");
  cgroup("parent").limit_memory(MiB(32));
  const auto result = run_tool({"test-memory", app.path()});
  EXPECT_EQ(result.status, ExitStatus{kKilledByKernel}) << result.err;
  EXPECT_THAT(last_line(result.out), HasSubstr(" of '" + cgroup("parent").path() + "'; peak"));
}

TEST_F(ToolTestMemory, KillsNoneOfTheWorkload) {
  const auto app = make("app");
  app.limit_memory(MiB(48));
  const Tenant tenant{app, [] { keep_anonymous(MiB(24)); }};
  EXPECT_EQ(run_tool({"test-memory", app.path()}).status, ExitStatus{kKilledByKernel});
  EXPECT_EQ(processes_of(app).size(), 1);
}

TEST_F(ToolTestMemory, SaysWhereItIsThrottledAndDoesNotGetOn) {
  if (is_v1()) GTEST_SKIP() << environment_name() << ": v1 has no memory.high";
  const auto app = make("app");
  app.write("memory.high", "16M");
  const auto result = run_tool({"test-memory", app.path(), "256MiB"});
  EXPECT_EQ(result.status, ExitStatus{kFailure}) << result.out << result.err;
  EXPECT_THAT(last_line(result.out), testing::StartsWith("Throttled: stands at "));
  EXPECT_TRUE(processes_of(app).empty());
}

TEST_F(ToolTestMemory, RemovesTheCgroupItMade) {
  Process tool{tool_command({"test-memory", "--memory-max", "32MiB"})};
  EXPECT_EQ(tool.wait(60s), ExitStatus{kKilledByKernel}) << tool.err();
  EXPECT_THAT(tool.out(), HasSubstr(scratch_of(tool.pid()).path()));
  EXPECT_FALSE(exists(scratch_of(tool.pid())));
}

TEST_F(ToolTestMemory, RemovesTheCgroupItMadeAlsoWhereItIsEndedInTheMiddle) {
  for (const int signal : {SIGINT, SIGTERM}) {
    // It waits at memory that nobody frees, so that it can't be over too soon.
    Process tool{tool_command({"test-memory", "--memory-max", "256MiB", "192MiB"})};
    ASSERT_TRUE(eventually([&] { return exists(scratch_of(tool.pid())); }));
    tool.send_signal(signal);
    EXPECT_EQ(tool.wait(30s), ExitStatus{128 + signal});
    EXPECT_FALSE(exists(scratch_of(tool.pid())));
  }
}

TEST_F(ToolTestMemory, RemovesTheCgroupItMadeWhereItsSizeIsRefused) {
  Process tool{tool_command({"test-memory", "--memory-max", "64MiB", "much"})};
  EXPECT_EQ(tool.wait(30s), ExitStatus{kUsage});
  EXPECT_FALSE(exists(scratch_of(tool.pid())));
}

TEST_F(ToolTestMemory, RemovesTheCgroupItMadeWhereNobodyReadsItsOutput) {
  const auto shell =
      run({{"sh", "-c", "{ \"$0\" test-memory --memory-max 512MiB 384MiB & echo $!; wait; } | head -n 1",
            tool_program()}},
          60s);
  const auto scratch = scratch_of(static_cast<pid_t>(std::stol(shell.out)));
  EXPECT_TRUE(eventually([&] { return !exists(scratch); })) << shell.err;
}

TEST_F(ToolTestMemory, SaysWhatIsMissingWhereTheControllerIsNotEnabled) {
  if (is_v1()) GTEST_SKIP() << environment_name() << ": on v1 every cgroup of the hierarchy has it";
  const auto app = make("app");
  top().write("cgroup.subtree_control", "-memory");
  for (const auto* command : {"test-memory", "stress-memory"}) {
    expect_refused({command, app.path(), "1MiB"}, kUnavailable,
                   "the memory controller isn't enabled in cgroup");
  }
}

TEST_F(ToolTestMemory, NeedsASizeWhereNothingLimitsTheCgroup) {
  const auto app = make("app");
  expect_refused({"test-memory", app.path()}, kUsage, "nothing limits cgroup '" + app.path() + "'");
}

TEST_F(ToolTestMemory, RefusesASizeThatTheMachineHasNot) {
  const auto app = make("app");
  expect_refused({"test-memory", app.path(), "64TiB"}, kFailure, " would be filled, and the machine has ");
}

}  // namespace
}  // namespace cmm::test
