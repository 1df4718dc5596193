// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// Calls of the daemon that hang until the test lets them go, so that what comes to pass meanwhile doesn't
/// depend on how fast the machine is.
class Isolation : public KernelTest {
 protected:
  /// Calls of this name on what is below the parent that is watched.
  [[nodiscard]] FaultInjector calls_of(const char* name) const { return {top().absolute(), {name}}; }

  /// With nothing but hangs to hold a reclaim back.
  [[nodiscard]] Daemon watch_while(FaultInjector& held) const {
    return watch({"--threshold", "64MiB", "--interval", "200ms", "--cooldown", "0"}, held);
  }

  static std::string scan_hangs(const TestCgroup& cgroup) {
    return "cgroup=" + cgroup.path() + " a call on its files hangs in the kernel";
  }
  static std::string came_back(const TestCgroup& cgroup) {
    return "cgroup=" + cgroup.path() + " the kernel came back after ";
  }
  static std::string reclaim_hangs(const TestCgroup& cgroup) {
    return "cgroup=" + cgroup.path() + " its reclaim hangs in the kernel";
  }

  /// Both over their threshold; the one that hangs was made first and is visited first.
  void expect_that_the_other_is_reclaimed_while(const char* call, const std::string& hangs_on) {
    auto held = calls_of(call);
    held.hold({hangs_on});
    const auto data = file("data", MiB(100));
    const auto others_data = file("others-data", MiB(100));
    fill_clean(stuck(), data);
    fill_clean(other(), others_data);
    auto daemon = watch_while(held);
    ASSERT_TRUE(daemon.wait_for_log(scan_hangs(stuck()))) << daemon.log();
    ASSERT_TRUE(daemon.wait_for_reclaim(other())) << daemon.log();
    fill_clean(other(), others_data);
    ASSERT_TRUE(daemon.wait_for_reclaim(other(), 2)) << "the scans after the first:\n" << daemon.log();
    EXPECT_GE(data.resident(), nearly(MiB(100))) << daemon.log();

    held.lift();
    EXPECT_TRUE(daemon.wait_for_log(came_back(stuck()))) << daemon.log();
    EXPECT_EQ(daemon.stop(), ExitStatus{0});
  }

  /// A thread that hangs in these tests can be killed, so that the process goes when its main thread does.
  static void expect_end_within_a_second(Daemon& daemon) {
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait_for_end(in_vm() ? 3s : 1s), ExitStatus{0}) << daemon.log();
  }

  [[nodiscard]] TestCgroup stuck() const { return make("stuck"); }
  [[nodiscard]] TestCgroup also_stuck() const { return make("stuck-too"); }
  [[nodiscard]] TestCgroup other() const { return make("other"); }
};

TEST_F(Isolation, AMemoryStatThatHangsHoldsNoOtherCgroup) {
  expect_that_the_other_is_reclaimed_while("pread64", stuck().file("memory.stat"));
}

TEST_F(Isolation, AnOpenOfAControlFileThatHangsHoldsNoOtherCgroup) {
  expect_that_the_other_is_reclaimed_while("openat", stuck().absolute() + "/");
}

TEST_F(Isolation, AnOpenOfACgroupThatHangsHoldsNoOtherCgroup) {
  expect_that_the_other_is_reclaimed_while("openat", stuck().absolute());
}

TEST_F(Isolation, ACgroupWhoseFilesHungIsReclaimedWhenTheKernelCameBackAndItHasRested) {
  const auto data = file("data", MiB(100));
  fill_clean(stuck(), data);
  auto held = calls_of("pread64");
  held.hold({stuck().file("memory.stat")});
  auto daemon = watch_while(held);
  ASSERT_TRUE(daemon.wait_for_log(scan_hangs(stuck()))) << daemon.log();
  held.lift();
  const auto line = daemon.wait_for_reclaim(stuck());
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_GT(line->freed, Bytes{});
  EXPECT_LT(daemon.log().find(came_back(stuck())), daemon.log().find(" reclaimed cgroup=")) << daemon.log();
}

TEST_F(Isolation, ReclaimsThatHangInAllSlotsHoldNoOtherCgroup) {
  const auto data = file("data", MiB(100));
  const auto more_data = file("more-data", MiB(100));
  const auto others_data = file("others-data", MiB(100));
  fill_clean(stuck(), data);
  fill_clean(also_stuck(), more_data);
  fill_clean(other(), others_data);
  auto held = calls_of("write");
  held.hold({stuck().reclaim_file(), also_stuck().reclaim_file()});
  auto daemon = watch_while(held);
  ASSERT_TRUE(daemon.wait_for_log(reclaim_hangs(stuck()))) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_log(reclaim_hangs(also_stuck()))) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_reclaim(other())) << daemon.log();
  fill_clean(other(), others_data);
  ASSERT_TRUE(daemon.wait_for_reclaim(other(), 2)) << daemon.log();
  EXPECT_THAT(daemon.log(), Not(HasSubstr(" reclaimed cgroup=" + stuck().path())));

  held.lift();
  for (const auto& cgroup : {stuck(), also_stuck()}) {
    ASSERT_TRUE(daemon.wait_for_reclaim(cgroup)) << "how the one that hung ended:\n" << daemon.log();
    const auto has_freed_since = [&] {
      const auto lines = daemon.reclaims_of(cgroup);
      return std::any_of(lines.begin() + 1, lines.end(),
                         [](const auto& each) { return each.freed > Bytes{}; });
    };
    EXPECT_TRUE(daemon.wait_until(has_freed_since)) << "it is as any other again:\n" << daemon.log();
  }
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Isolation, SigtermWhileAScanHangsEndsTheDaemonWithinASecond) {
  const auto data = file("data", MiB(100));
  fill_clean(stuck(), data);
  auto held = calls_of("pread64");
  held.hold({stuck().file("memory.stat")});
  auto daemon = watch_while(held);
  ASSERT_TRUE(daemon.wait_for_log(scan_hangs(stuck()))) << daemon.log();
  expect_end_within_a_second(daemon);
  EXPECT_THAT(daemon.log(), HasSubstr("leaving while a scan hangs in the kernel"));
}

TEST_F(Isolation, SigtermWhileAReclaimHangsEndsTheDaemonWithinASecond) {
  const auto data = file("data", MiB(100));
  fill_clean(stuck(), data);
  auto held = calls_of("write");
  held.hold({stuck().reclaim_file()});
  auto daemon = watch_while(held);
  ASSERT_TRUE(daemon.wait_for_log(reclaim_hangs(stuck()))) << daemon.log();
  expect_end_within_a_second(daemon);
  EXPECT_THAT(daemon.log(), HasSubstr("leaving while a reclaim of " + stuck().path() + " hangs"));
}

TEST_F(Isolation, OncePrintsItsTableAlthoughAScanHangs) {
  const auto data = file("data", MiB(100));
  const auto others_data = file("others-data", MiB(100));
  fill_clean(stuck(), data);
  fill_clean(other(), others_data);
  auto held = calls_of("pread64");
  held.hold({stuck().file("memory.stat")});
  auto daemon = watch({"--once", "--threshold", "64MiB"}, held);
  EXPECT_EQ(daemon.wait_for_end(), ExitStatus{0}) << daemon.log();
  EXPECT_THAT(daemon.out(), HasSubstr("stuck in the kernel for "));
  EXPECT_THAT(daemon.out(), HasSubstr("freed "));
}

TEST_F(Isolation, OncePrintsItsTableAndFailsWhereAReclaimHangs) {
  const auto data = file("data", MiB(100));
  const auto others_data = file("others-data", MiB(100));
  fill_clean(stuck(), data);
  fill_clean(other(), others_data);
  auto held = calls_of("write");
  held.hold({stuck().reclaim_file()});
  auto daemon = watch({"--once", "--threshold", "64MiB", "--max-reclaims", "1"}, held);
  EXPECT_EQ(daemon.wait_for_end(), ExitStatus{1}) << daemon.log();
  EXPECT_THAT(daemon.out(), HasSubstr("its reclaim hangs in the kernel"));
  EXPECT_THAT(daemon.out(), HasSubstr("freed "));
}

}  // namespace
}  // namespace cmm::test
