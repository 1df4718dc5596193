// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "cgroupfs/hierarchy.hpp"
#include "support/one_line.hpp"
#include "support/tool_process.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Arguments = std::vector<std::string>;

constexpr int kUsage = 64;
constexpr int kUnavailable = 69;
constexpr int kNoPermission = 77;

const Arguments kCommands{"create", "delete", "memory-max",  "memory-high",   "swap-max", "cpu-max",
                          "show",   "run",    "test-memory", "stress-memory", "monitor",  "version"};

testing::Matcher<std::string> says(const std::string& part) {
  return AllOf(StartsWith("cgroup-tool: "), HasSubstr(part));
}

void expect_tool_error(const Arguments& arguments, int code, const std::string& part) {
  SCOPED_TRACE(testing::PrintToString(arguments));
  expect_one_line(run_tool(arguments), code, says(part));
}

/// Runs `"TOOL" WHAT` in a shell.
Finished in_shell(const std::string& what) { return run({{"sh", "-c", "\"$0\" " + what, tool_program()}}); }

/// What needs a memory hierarchy, though no right to write to it.
class ToolPath : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_memory_hierarchy();
    if (!found) GTEST_SKIP() << found.error().message;
    mount_ = found->mount;
  }

  std::string mount_;
};

TEST(Tool, HelpGoesToStandardOutputAndNamesEveryCommand) {
  for (const auto* word : {"--help", "help"}) {
    const auto result = run_tool({word});
    EXPECT_EQ(result.status, (ExitStatus{0, 0}));
    EXPECT_THAT(result.out, StartsWith("Usage: cgroup-tool COMMAND"));
    for (const auto& command : kCommands) EXPECT_THAT(result.out, HasSubstr("\n  " + command + " "));
    EXPECT_EQ(result.err, "");
  }
}

TEST(Tool, EachCommandHasAHelpOfItsOwn) {
  for (const auto& command : kCommands) {
    SCOPED_TRACE(command);
    const auto result = run_tool({command, "--help"});
    EXPECT_EQ(result.status, (ExitStatus{0, 0}));
    EXPECT_THAT(result.out, StartsWith("Usage: cgroup-tool " + command));
    EXPECT_THAT(result.out, HasSubstr("--help"));
    EXPECT_EQ(result.err, "");
  }
}

TEST(Tool, UnknownWordsAreAnsweredWithWhatWasProbablyMeant) {
  expect_tool_error({"creat", "a"}, kUsage, "unknown command \"creat\"; did you mean create?");
  expect_tool_error({"memory_max", "a", "1M"}, kUsage, "did you mean memory-max?");
  expect_tool_error({"frobnicate"}, kUsage, "unknown command \"frobnicate\"; cgroup-tool --help lists them");
  expect_tool_error({"run", "--memory-mx", "1M", "--", "true"}, kUsage,
                    "run: unknown option \"--memory-mx\"; did you mean --memory-max?");
  expect_tool_error({"delete", "a", "--frobnicate"}, kUsage, "accepted: --recursive, --stale");
  expect_tool_error({"show", "-x"}, kUsage, "unknown option \"-x\"");
}

TEST(Tool, MissingAndSuperfluousArgumentsAreNamed) {
  expect_tool_error({}, kUsage, "no command is given; cgroup-tool --help lists them");
  expect_tool_error({"create"}, kUsage, "create: something is missing; cgroup-tool create PATH");
  expect_tool_error({"create", "a", "b"}, kUsage, "create: too much is given");
  expect_tool_error({"memory-max", "a"}, kUsage,
                    "something is missing; cgroup-tool memory-max PATH BYTES|max");
  expect_tool_error({"version", "a"}, kUsage, "version: too much is given");
  expect_tool_error({"delete"}, kUsage, "delete: name one cgroup, or give --stale");
  expect_tool_error({"delete", "a", "--stale"}, kUsage, "delete: name one cgroup, or give --stale");
  expect_tool_error({"run"}, kUsage, "run: the command to run stands behind --");
  expect_tool_error({"run", "--"}, kUsage, "run: the command to run stands behind --");
  expect_tool_error({"run", "true"}, kUsage, "run: the command to run stands behind --");
  expect_tool_error({"run", "--name"}, kUsage, "--name: needs a value; accepted: a path");
  expect_tool_error({"monitor"}, kUsage, "monitor: something is missing");
}

// Standard error that is closed, or full.
TEST(Tool, ReturnsItsCodeWhereNobodyTakesItsMessage) {
  for (const auto* to : {"2>&-", "2>/dev/full"}) {
    EXPECT_EQ(in_shell("nosuch " + std::string{to}).status, ExitStatus{kUsage}) << to;
  }
}

TEST(Tool, LostOutputIsAFailure) {
  expect_one_line(in_shell("--help >/dev/full"), 1,
                  says("cannot write to standard output: No space left on device"));
  expect_one_line(in_shell("--help >&-"), 1, says("cannot write to standard output: Bad file descriptor"));
}

TEST(Tool, ReaderThatHasGoneIsNoneToComplainTo) {
  auto command = tool_command({"--help"});
  command.before_exec = [] {
    int ends[2];
    return ::signal(SIGPIPE, SIG_IGN) != SIG_ERR && ::pipe(ends) == 0 && ::close(ends[0]) == 0 &&
           ::dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO;
  };
  const auto result = run(command);
  EXPECT_EQ(result.status, ExitStatus{128 + SIGPIPE});
  EXPECT_EQ(result.err, "");
}

TEST(Tool, BadOptionValuesAreRefusedBeforeAnythingIsMade) {
  expect_tool_error({"run", "--memory-max", "much", "--", "true"}, kUsage,
                    "--memory-max: \"much\": not a number");
  expect_tool_error({"run", "--swap-max", "-1", "--", "true"}, kUsage, "--swap-max: \"-1\": negative");
  expect_tool_error({"run", "--cpu-max", "50ms/5s", "--", "true"}, kUsage,
                    "PERIOD: 5000000 us; accepted: from 1000 us to 1000000 us");
  expect_tool_error({"run", "--cpu-max", "half", "--", "true"}, kUsage, "QUOTA: \"half\": not a number");
  expect_tool_error({"run", "--keep", "--keep", "--", "true"}, kUsage, "--keep: given twice");
  expect_tool_error({"show", "a", "--output", "xml"}, kUsage, "--output: \"xml\": not a form of output");
  expect_tool_error({"monitor", "a", "--interval", "1ms"}, kUsage, "accepted: 100ms to 24h");
  expect_tool_error({"monitor", "a", "--interval", "2562047h"}, kUsage, "accepted: 100ms to 24h");
  expect_tool_error({"monitor", "a", "--duration", "soon"}, kUsage, "--duration: \"soon\"");
}

TEST_F(ToolPath, InAWrongFormIsAnsweredWithTheRightOne) {
  const auto relative = mount_.substr(1);
  expect_tool_error({"create", mount_ + mount_ + "/app"}, kUsage,
                    "has " + mount_ + " in it twice; did you mean app?");
  expect_tool_error({"create", relative + "/app"}, kUsage, "without the first slash; did you mean app?");
  expect_tool_error({"create", "a/../b"}, kUsage, "the path has . or .. in it");
  expect_tool_error({"create", ""}, kUsage, "cgroup \"\": the path is empty");
  expect_tool_error({"create", "/"}, kUsage, "it does not lie below " + mount_);
  expect_tool_error({"create", "/tmp/app"}, kUsage, "it does not lie below " + mount_);
  expect_tool_error({"delete", mount_}, kUsage, "it is the root of the hierarchy");
  expect_tool_error({"run", "--name", "..", "--", "true"}, kUsage, "the path has . or .. in it");
}

TEST_F(ToolPath, OfAMissingCgroupIsUnavailable) {
  const std::vector<Arguments> all{{"delete", "cmm-missing"},
                                   {"memory-max", "cmm-missing", "1M"},
                                   {"memory-high", "cmm-missing", "1M"},
                                   {"swap-max", "cmm-missing", "1M"},
                                   {"cpu-max", "cmm-missing", "50ms"},
                                   {"show", "cmm-missing"},
                                   {"test-memory", "cmm-missing"},
                                   {"stress-memory", "cmm-missing", "1M"},
                                   {"monitor", "cmm-missing"}};
  for (const auto& arguments : all) {
    expect_tool_error(arguments, kUnavailable,
                      "cgroup 'cmm-missing' does not exist below " + mount_ +
                          "; make it with: cgroup-tool create cmm-missing");
  }
}

TEST_F(ToolPath, ThatMayNotBeMadeIsRefusedForWantOfPermission) {
  auto command = tool_command({"create", "cmm-forbidden"});
  if (::geteuid() == 0) {
    command.command.insert(command.command.begin(),
                           {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  }
  const auto result = run(command);
  if (result.status == ExitStatus{127}) GTEST_SKIP() << "no setpriv, and so no way to be somebody else";
  expect_one_line(result, kNoPermission, says("cannot "));
}

}  // namespace
}  // namespace cmm::test
