// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>

namespace cmm::test {
namespace {

using namespace std::chrono_literals;

TEST(Process, KeepsBothOutputsAndTheExitCode) {
  const auto result = run({{"sh", "-c", "echo out; echo err >&2; exit 3"}});
  EXPECT_EQ(result.status, (ExitStatus{3, 0}));
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
}

TEST(Process, TakesOutputThatIsLargerThanAPipe) {
  EXPECT_EQ(run({{"head", "-c", "1000000", "/dev/zero"}}).out.size(), 1'000'000);
}

TEST(Process, SeesItsEnvironmentAndDirectory) {
  const auto result = run({{"sh", "-c", "echo $CMM_X; test -n \"$PATH\" && pwd"}, {"CMM_X=y"}, "/"});
  EXPECT_EQ(result.out, "y\n/\n");
}

TEST(Process, ThatDoesNotExistExitsLikeInAShell) {
  EXPECT_EQ(run({{"/nonexistent"}}).status, (ExitStatus{127, 0}));
}

TEST(Process, ReportsTheSignalThatEndedIt) {
  Process process{{{"sleep", "60"}}};
  EXPECT_FALSE(process.wait(0ms));
  process.send_signal(SIGTERM);
  EXPECT_EQ(process.wait(10s), (ExitStatus{-1, SIGTERM}));
}

TEST(Process, IsKilledWithItsChildrenAfterTheTimeout) {
  std::string child;
  {
    Process process{{{"sh", "-c", "sleep 60 & echo $!; wait"}}};
    ASSERT_TRUE(process.wait_for_output("\n", 10s));
    child = process.out();
    child.pop_back();
    EXPECT_FALSE(process.wait(1ms));
  }
  // Whoever inherits the child may leave it a zombie for a while; that is dead enough.
  const Command is_alive{{"sh", "-c", "grep -qs '^State:.[^ZX]' /proc/$1/status", "sh", child}};
  auto alive = run(is_alive).status.code == 0;
  for (int i = 0; alive && i < 1000; ++i) alive = run(is_alive).status.code == 0;
  EXPECT_FALSE(alive);
}

TEST(Process, CanBeWaitedForByItsOutput) {
  Process process{{{"sh", "-c", "echo ready >&2; sleep 60"}}};
  EXPECT_TRUE(process.wait_for_output("ready", 10s));
  EXPECT_FALSE(process.wait_for_output("never", 1ms));
}

}  // namespace
}  // namespace cmm::test
