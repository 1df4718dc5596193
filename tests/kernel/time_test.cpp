// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/kernel_test.hpp"
#include "support/standstill.hpp"
#include "support/wall_clock.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using Clock = std::chrono::steady_clock;

constexpr auto kInterval = 200ms;

long count(const std::string& log, std::string_view text) {
  long times = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++times;
  return times;
}

long scans(const Daemon& daemon) { return count(daemon.log(), "scanned targets="); }

auto says_that_something_hangs() {
  return AnyOf(HasSubstr("a call on its files hangs"), HasSubstr("its reclaim hangs"));
}

/// How a process is made to stand still, by name.
struct Way {
  const char* name;
  std::function<std::unique_ptr<Standstill>(pid_t)> make;
};

// What a suspend looks like from inside is a standstill during which even the monotonic clock doesn't get on:
// less than what is done here.
class StoodStill : public KernelTest, public testing::WithParamInterface<Way> {
 protected:
  /// Null where this machine has no such way.
  static std::unique_ptr<Standstill> standstill_of(const Daemon& daemon) {
    return GetParam().make(daemon.pid());
  }

  [[nodiscard]] Daemon watch_all() const {
    return watch({"--threshold", "64MiB", "--interval", "200ms", "--cooldown", "1h"});
  }

  /// Stops it in the middle of the reclaim of `app`; false where the reclaim was faster.
  static bool stop_during_a_reclaim(Daemon& daemon, Standstill& standstill, const TestCgroup& app,
                                    Bytes before) {
    EXPECT_TRUE(wait_until_shrinking(app, before)) << daemon.log();
    standstill.begin();
    daemon.wait_for_end(0ms);  // takes in what it has logged
    return daemon.reclaims_of(app).empty();
  }
};

INSTANTIATE_TEST_SUITE_P(Time, StoodStill,
                         testing::Values(Way{"Stopped", by_signal}, Way{"Frozen", by_freezer}),
                         [](const auto& way) { return way.param.name; });

TEST_P(StoodStill, GoesOnWithoutABurstAndKeepsCooldowns) {
  const auto app = make("app");
  const auto other = make("other");
  const auto data = file("data", MiB(100));
  const auto others_data = file("others-data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch_all();
  const auto standstill = standstill_of(daemon);
  if (!standstill) GTEST_SKIP() << environment_name() << ": has no freezer";
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();

  standstill->begin();
  fill_clean(app, data);
  fill_clean(other, others_data);
  std::this_thread::sleep_for(4s);
  daemon.wait_for_end(0ms);
  const auto before = scans(daemon);
  const auto since = Clock::now();
  standstill->end();
  ASSERT_TRUE(daemon.wait_for_reclaim(other)) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_scans(5));
  // No two begin closer together than the interval, so that this doesn't depend on how busy the machine is.
  EXPECT_LE(scans(daemon) - before, (Clock::now() - since) / kInterval + 2) << daemon.log();
  EXPECT_THAT(daemon.log(), Not(says_that_something_hangs()));
  EXPECT_EQ(daemon.reclaims_of(app).size(), 1);
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_P(StoodStill, InAReclaimItIsNotTakenToHang) {
  const auto app = make("app");
  const auto other = make("other");
  const auto cache = file("cache", big_cache());
  const auto others_data = file("others-data", MiB(100));
  for (int attempt = 0; attempt < 10; ++attempt) {
    fill_clean(app, cache);
    const auto before = app.usage();
    auto daemon = watch({"--threshold", "64MiB", "--target", "0", "--interval", "200ms"});
    const auto standstill = standstill_of(daemon);
    if (!standstill) GTEST_SKIP() << environment_name() << ": has no freezer";
    const bool in_the_middle = stop_during_a_reclaim(daemon, *standstill, app, before);
    // Longer than a reclaim may take before it counts as one that hangs.
    if (in_the_middle) std::this_thread::sleep_for(4s);
    standstill->end();
    ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
    fill_clean(other, others_data);
    EXPECT_TRUE(daemon.wait_for_reclaim(other)) << daemon.log();
    EXPECT_THAT(daemon.log(), Not(says_that_something_hangs()));
    EXPECT_EQ(daemon.stop(), ExitStatus{0});
    if (in_the_middle || HasFailure()) return;
  }
  FAIL() << "each reclaim was over before it stood still";
}

TEST_P(StoodStill, EndsWhenItGoesOnWhereItWasAskedToMeanwhile) {
  make("app");
  auto daemon = watch_all();
  const auto standstill = standstill_of(daemon);
  if (!standstill) GTEST_SKIP() << environment_name() << ": has no freezer";
  ASSERT_TRUE(daemon.wait_for_scans(2));
  standstill->begin();
  daemon.send_signal(SIGTERM);
  EXPECT_EQ(daemon.wait_for_end(1s), std::nullopt);
  standstill->end();
  EXPECT_EQ(daemon.wait_for_end(), ExitStatus{0}) << daemon.log();
}

class TheWallClock : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    if (!in_vm()) GTEST_SKIP() << environment_name() << ": the clock is not the test's to set; the VMs' is";
    clock_.emplace();
  }
  WallClock& clock() { return *clock_; }

 private:
  std::optional<WallClock> clock_;
};

TEST_F(TheWallClock, ThatJumpsForwardEndsNoCooldown) {
  const auto app = make("app");
  const auto other = make("other");
  const auto data = file("data", MiB(100));
  const auto others_data = file("others-data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "64MiB", "--interval", "200ms", "--cooldown", "1h"});
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  const auto before = scans(daemon);
  const auto since = Clock::now();
  clock().jump(5h);
  fill_clean(app, data);
  fill_clean(other, others_data);
  ASSERT_TRUE(daemon.wait_for_reclaim(other)) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_scans(5));
  EXPECT_LE(scans(daemon) - before, (Clock::now() - since) / kInterval + 2) << daemon.log();
  EXPECT_EQ(daemon.reclaims_of(app).size(), 1) << daemon.log();
  EXPECT_THAT(daemon.log(), Not(says_that_something_hangs()));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(TheWallClock, ThatJumpsBackHoldsNoScanAndNoReclaim) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "64MiB", "--interval", "200ms", "--cooldown", "1s"});
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  clock().jump(-5h);
  fill_clean(app, data);
  ASSERT_TRUE(daemon.wait_for_reclaim(app, 2)) << daemon.log();
  EXPECT_THAT(daemon.log(), Not(says_that_something_hangs()));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

class Overruns : public KernelTest {};

TEST_F(Overruns, OfTenIntervalsAreToldOnceAndKeepCooldowns) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  for (int i = 0; i < 10; ++i) make("slow-" + std::to_string(i));
  const auto usage_file = is_v1() ? "memory.usage_in_bytes" : "memory.current";
  FaultInjector calls{top().absolute(), {"pread64"}};
  calls.set([&](const FileCall& call) {
    // Each a tenth of a second, which is far from what is taken for a hang; together ten intervals.
    const bool is_slow = call.path.find("/slow-") != std::string::npos && call.path.ends_with(usage_file);
    if (is_slow) std::this_thread::sleep_for(110ms);
    return 0;
  });
  auto daemon = watch({"--threshold", "64MiB", "--interval", "100ms", "--cooldown", "1h"}, calls);
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  fill_clean(app, data);
  ASSERT_TRUE(daemon.wait_for_scans(4)) << daemon.log();
  EXPECT_EQ(count(daemon.log(), " overran "), 1) << daemon.log();
  EXPECT_EQ(daemon.reclaims_of(app).size(), 1) << daemon.log();

  calls.lift();
  const auto other = make("other");
  const auto others_data = file("others-data", MiB(100));
  fill_clean(other, others_data);
  EXPECT_TRUE(daemon.wait_for_reclaim(other)) << daemon.log();
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

}  // namespace
}  // namespace cmm::test
