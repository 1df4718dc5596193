// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "cgroupfs/parse.hpp"
#include "kernel/tool_test.hpp"
#include "support/late_writeback.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kMemoryAndSwap = "memory.memsw.limit_in_bytes";

class ToolLimit : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    if (!IsSkipped()) make("app");
  }

  /// The tool's report of a limit that was set and read back.
  [[nodiscard]] std::string report(const std::string& file, const std::string& asked, const std::string& held,
                                   const std::string& v1_file, const std::string& why = "") const {
    return "Set " + file + " to " + asked + " for cgroup '" + app().path() + "'" +
           (is_v1() ? " (" + v1_file + ")" : "") + "\nVerified: " + file + " = " + held + why + "\n";
  }
  [[nodiscard]] std::string memory_max_report(const std::string& asked, const std::string& held,
                                              const std::string& why = "") const {
    return report("memory.max", asked, held, "memory.limit_in_bytes", why);
  }

  [[nodiscard]] TestCgroup app() const { return cgroup("app"); }
  [[nodiscard]] Limit held(const char* file) const { return parse_set_limit(app().read(file)).value(); }
  [[nodiscard]] Limit memory_max() const { return held(is_v1() ? "memory.limit_in_bytes" : "memory.max"); }

  std::string set(const std::string& command, const std::string& value) const {
    return expect_success({command, app().path(), value});
  }
  void require_memsw() const {
    if (!is_v1()) GTEST_SKIP() << environment_name() << ": memory.memsw.* is v1's";
    if (!app().has(kMemoryAndSwap)) GTEST_SKIP() << environment_name() << ": this kernel has no memsw";
  }
};

TEST_F(ToolLimit, OfMemoryIsSetReadBackAndPrinted) {
  EXPECT_EQ(set("memory-max", "100MiB"), memory_max_report("104857600 bytes", "104857600"));
  EXPECT_EQ(memory_max(), Limit{MiB(100)});
  EXPECT_EQ(set("memory-max", "8GiB"), memory_max_report("8589934592 bytes", "8589934592"));
  EXPECT_EQ(memory_max(), Limit{GiB(8)});
}

TEST_F(ToolLimit, OfMemoryIsTakenAwayByMax) {
  set("memory-max", "100MiB");
  EXPECT_EQ(set("memory-max", "max"), memory_max_report("max", "max"));
  EXPECT_TRUE(memory_max().is_max());
}

TEST_F(ToolLimit, IsNoNegativeNumber) {
  expect_refused({"memory-max", app().path(), "-1"}, kUsage, "memory-max: \"-1\": negative");
}

TEST_F(ToolLimit, BelowAPageIsRoundedDownAndSaidSo) {
  EXPECT_EQ(
      set("memory-max", "100"),
      memory_max_report("100 bytes", "0", " (the kernel keeps whole pages of 4096 bytes and rounds down)"));
  EXPECT_EQ(memory_max(), Limit{Bytes{}});
}

TEST_F(ToolLimit, AboveWhatTheKernelCountsIsNone) {
  EXPECT_EQ(
      set("memory-max", "18446744073709551615"),
      memory_max_report("18446744073709551615 bytes", "max", " (more than the kernel counts: no limit)"));
  EXPECT_TRUE(memory_max().is_max());
}

TEST_F(ToolLimit, BelowWhatIsInUseIsRefused) {
  const Tenant tenant{app(), [] { keep_anonymous(MiB(32)); }};
  expect_refused({"memory-max", app().path(), "16MiB"}, kFailure,
                 is_v1() ? "the kernel can't free enough of it: end something in it first"
                         : "the kernel would kill processes in it");
  EXPECT_EQ(processes_of(app()).size(), 1);
  EXPECT_TRUE(memory_max().is_max());
}

TEST_F(ToolLimit, BelowWhatIsInUseIsLeftToTheKernelByForce) {
  const Tenant tenant{app(), [] { keep_anonymous(MiB(32)); }};
  if (is_v1()) {
    expect_refused({"memory-max", app().path(), "16MiB", "--force"}, kFailure,
                   "the kernel can't free enough of it");
    EXPECT_TRUE(memory_max().is_max());
    return;
  }
  expect_success({"memory-max", app().path(), "16MiB", "--force"});
  EXPECT_TRUE(eventually([&] { return processes_of(app()).empty(); }));
  EXPECT_THAT(app().read("memory.events"), HasSubstr("oom_kill 1"));
}

TEST_F(ToolLimit, BelowWhatIsInUseIsSetWhereItCanBeFreed) {
  const auto data = file("data", MiB(32));
  fill_clean(app(), data);
  EXPECT_EQ(set("memory-max", "16MiB"), memory_max_report("16777216 bytes", "16777216"));
  EXPECT_LE(app().usage(), MiB(16));
}

TEST_F(ToolLimit, BelowWhatIsNotOnTheDiskYetIsSetWhenItIs) {
  const LateWriteback late;
  const auto data = file("data", MiB(32));
  const Tenant tenant{app(), [] {}};
  // The kernel may have a reason of its own to write them back early.
  ASSERT_TRUE(eventually([&] {
    fill_dirty(app(), data);
    return app().stat().dirty >= MiB(8);
  }));
  EXPECT_EQ(set("memory-max", "16MiB"), memory_max_report("16777216 bytes", "16777216"));
  EXPECT_LE(app().usage(), MiB(16));
  EXPECT_EQ(processes_of(app()).size(), 1) << "nothing was killed for it";
}

TEST_F(ToolLimit, BelowWhatNoProcessHoldsIsNotBlamedOnOne) {
  if (!is_v1()) GTEST_SKIP() << environment_name() << ": v2 sets it, as there is no process to kill";
  const auto name = "/dev/shm/cmm-limit-" + std::to_string(::getpid());
  run_in(app(), [&] { std::ofstream{name} << std::string(MiB(8).count(), 'x'); });
  expect_refused({"memory-max", app().path(), "1MiB"}, kFailure, "though no process is in it");
  std::filesystem::remove(name);
}

TEST_F(ToolLimit, ThatThrottlesIsSetOnV2AndRefusedWithTheReasonOnV1) {
  if (is_v1()) {
    expect_refused({"memory-high", app().path(), "64MiB"}, kUnavailable, "cgroup v1 has no memory.high");
    return;
  }
  EXPECT_EQ(set("memory-high", "64MiB"), report("memory.high", "67108864 bytes", "67108864", ""));
  EXPECT_EQ(held("memory.high"), Limit{MiB(64)});
  EXPECT_EQ(set("memory-high", "max"), report("memory.high", "max", "max", ""));
}

TEST_F(ToolLimit, OfSwapIsOfSwapAlone) {
  if (is_v1()) require_memsw();
  if (IsSkipped()) return;
  set("memory-max", "64MiB");
  EXPECT_EQ(set("swap-max", "16MiB"),
            report("memory.swap.max", "16777216 bytes", "16777216", kMemoryAndSwap));
  EXPECT_EQ(is_v1() ? held(kMemoryAndSwap) : held("memory.swap.max"), Limit{MiB(is_v1() ? 80 : 16)});
  EXPECT_EQ(set("swap-max", "max"), report("memory.swap.max", "max", "max", kMemoryAndSwap));
}

TEST_F(ToolLimit, OfSwapNeedsOneOfMemoryOnV1) {
  require_memsw();
  if (IsSkipped()) return;
  expect_refused({"swap-max", app().path(), "16MiB"}, kUnavailable, "set memory-max first");
}

TEST_F(ToolLimit, OfMemoryTakesThatOfMemoryAndSwapAlongOnV1) {
  require_memsw();
  if (IsSkipped()) return;
  set("memory-max", "64MiB");
  EXPECT_TRUE(held(kMemoryAndSwap).is_max());
  set("swap-max", "16MiB");
  set("memory-max", "128MiB");
  EXPECT_EQ(held(kMemoryAndSwap), Limit{MiB(144)});
  set("memory-max", "32MiB");
  EXPECT_EQ(held(kMemoryAndSwap), Limit{MiB(48)});
  EXPECT_THAT(set("memory-max", "max"), HasSubstr("The limit of swap is gone with it"));
  EXPECT_TRUE(held(kMemoryAndSwap).is_max());
}

// As the kernel does where what is swapped out leaves no room for it.
TEST_F(ToolLimit, OfMemoryStaysWhereThatOfMemoryAndSwapIsRefusedOnV1) {
  require_memsw();
  if (IsSkipped()) return;
  set("memory-max", "64MiB");
  set("swap-max", "16MiB");
  FaultInjector faults{app().absolute(), {"write"}};
  faults.set([&](const FileCall& call) { return call.path == app().file(kMemoryAndSwap) ? EBUSY : 0; });
  const auto tool = start({"memory-max", app().path(), "32MiB"}, faults);
  EXPECT_EQ(tool->wait(30s), ExitStatus{kFailure});
  EXPECT_THAT(tool->err(), HasSubstr("the kernel can't free enough of it"));
  EXPECT_EQ(memory_max(), Limit{MiB(64)});
  EXPECT_EQ(held(kMemoryAndSwap), Limit{MiB(80)});
}

}  // namespace
}  // namespace cmm::test
