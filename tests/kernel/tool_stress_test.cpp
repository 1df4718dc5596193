// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <filesystem>

#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// What the cgroup's counters, which the kernel gathers by CPU, may lack for a moment.
constexpr Bytes kMost = MiB(30);

class ToolStress : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    if (!IsSkipped()) make("app");
  }

  [[nodiscard]] TestCgroup app() const { return cgroup("app"); }

  /// Runs a load until it shows in a counter, and ends it with Ctrl-C.
  void expect_seen(const std::string& kind, std::optional<Bytes> MemoryStat::*counter,
                   Bytes at_least = kMost) const {
    Process tool{
        tool_command({"stress-memory", app().path(), "32MiB", "--kind", kind, "--directory", data_place()})};
    const auto seen = [&] { return app().stat().*counter >= at_least; };
    EXPECT_TRUE(eventually(seen)) << human((app().stat().*counter).value_or(Bytes{})) << tool.err();
    EXPECT_EQ(processes_of(app()).size(), 1);
    tool.send_signal(SIGINT);
    EXPECT_EQ(tool.wait(30s), ExitStatus{0}) << tool.err();
    EXPECT_TRUE(processes_of(app()).empty());
  }
};

TEST_F(ToolStress, AnonIsAnonymousMemory) { expect_seen("anon", &MemoryStat::anon); }

TEST_F(ToolStress, CacheIsCleanPageCache) {
  expect_seen("cache", &MemoryStat::file);
  EXPECT_GE(app().reclaimable(), Bytes{});
}

TEST_F(ToolStress, ShmemIsSharedMemory) { expect_seen("shmem", &MemoryStat::shmem); }

// The kernel may write some of it back at any time.
TEST_F(ToolStress, DirtyIsPageCacheThatIsNotOnTheDiskYet) {
  expect_seen("dirty", &MemoryStat::dirty, MiB(8));
}

TEST_F(ToolStress, MixedIsAllOfThem) {
  Process tool{
      tool_command({"stress-memory", app().path(), "64MiB", "--kind", "mixed", "--directory", data_place()})};
  EXPECT_TRUE(eventually([&] {
    const auto stat = app().stat();
    return stat.anon >= MiB(14) && stat.shmem >= MiB(14) && stat.file >= MiB(44);
  })) << tool.err();
  EXPECT_EQ(processes_of(app()).size(), 4);
  tool.send_signal(SIGTERM);
  EXPECT_EQ(tool.wait(30s), ExitStatus{0}) << tool.err();
  EXPECT_TRUE(processes_of(app()).empty());
}

TEST_F(ToolStress, EndsByItsDuration) {
  const auto before = std::chrono::steady_clock::now();
  const auto out = expect_success({"stress-memory", app().path(), "16MiB", "2s"});
  EXPECT_GE(std::chrono::steady_clock::now() - before, 2s);
  EXPECT_THAT(out, HasSubstr("holds anon 16.0 MiB of 16.0 MiB"));
  EXPECT_TRUE(processes_of(app()).empty());
}

TEST_F(ToolStress, LastsHoweverLongItsDurationIs) {
  Process tool{tool_command({"stress-memory", app().path(), "16MiB", "2562047h"})};
  EXPECT_FALSE(tool.wait(2s));
  EXPECT_EQ(processes_of(app()).size(), 1);
}

TEST_F(ToolStress, LeavesNoFileBehind) {
  const auto place = data_place() + "/cmm-stress-" + std::to_string(::getpid());
  std::filesystem::create_directory(place);
  expect_success(
      {"stress-memory", app().path(), "16MiB", "1s", "--kind", "cache,dirty", "--directory", place});
  EXPECT_TRUE(std::filesystem::is_empty(place));
  std::filesystem::remove(place);
}

TEST_F(ToolStress, ReportsALoadThatTheKernelKilled) {
  app().limit_memory(MiB(16));
  const auto result = run_tool({"stress-memory", app().path(), "32MiB"});
  EXPECT_EQ(result.status, ExitStatus{kKilledByKernel}) << result.err;
  EXPECT_THAT(result.out, HasSubstr("The anon load was killed at "));
  EXPECT_THAT(result.out, HasSubstr("oom_kill 1; limit 16.0 MiB"));
}

TEST_F(ToolStress, SaysInOneLineWhyALoadFailed) {
  const auto result =
      run_tool({"stress-memory", app().path(), "16MiB", "--kind", "cache", "--directory", "/proc"});
  EXPECT_EQ(result.status, ExitStatus{kFailure});
  EXPECT_EQ(result.err, "cgroup-tool: the cache load in cgroup '" + app().path() +
                            "' failed: cannot make a file without a name in /proc: Operation not supported; "
                            "give another directory on a disk with --directory\n");
}

TEST_F(ToolStress, NamesTheSignalThatEndedALoad) {
  Process tool{tool_command({"stress-memory", app().path(), "16MiB"})};
  ASSERT_TRUE(eventually([&] { return !processes_of(app()).empty(); }));
  ::kill(processes_of(app()).at(0), SIGTERM);
  EXPECT_EQ(tool.wait(30s), ExitStatus{kFailure});
  EXPECT_THAT(tool.err(), HasSubstr("the anon load in cgroup '" + app().path() + "' was ended by SIGTERM\n"));
}

TEST_F(ToolStress, HoldsAPageOfEachKindHoweverLittleIsAskedFor) {
  const auto out = expect_success({"stress-memory", app().path(), "1", "1s", "--kind", "anon,shmem"});
  EXPECT_THAT(out, HasSubstr("holds anon 4.0 KiB of 4.0 KiB\nholds shmem 4.0 KiB of 4.0 KiB\n"));
}

TEST_F(ToolStress, RefusesADirectoryInMemory) {
  expect_refused({"stress-memory", app().path(), "16MiB", "--kind", "cache", "--directory", "/dev/shm"},
                 kUsage, "/dev/shm lies in memory (tmpfs)");
}

TEST_F(ToolStress, AsksForADirectoryOnlyWhereItNeedsOne) {
  expect_success({"stress-memory", app().path(), "16MiB", "1s", "--directory", "/nonexistent"});
  expect_refused(
      {"stress-memory", app().path(), "16MiB", "1s", "--kind", "dirty", "--directory", "/nonexistent"},
      kUnavailable, "cannot look at /nonexistent");
}

}  // namespace
}  // namespace cmm::test
