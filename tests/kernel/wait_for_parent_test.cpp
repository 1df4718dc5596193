// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kUnavailable = 69;

class WaitForParent : public KernelTest {
 protected:
  [[nodiscard]] std::string later() const { return top().path() + "/later"; }
  [[nodiscard]] Daemon wait_for(const std::string& parent) const {
    return watch({"--parent", parent, "--wait-for-parent", "--threshold", "64MiB", "--interval", "100ms"});
  }
  /// Makes the parent with a container below it, and more cache in that than the threshold allows.
  TestCgroup make_later() const {
    auto app = make("later/app");
    fill_clean(app, data_);
    return app;
  }
  [[nodiscard]] const DataFile& data() const { return data_; }

 private:
  DataFile data_ = file("data", MiB(100));
};

TEST_F(WaitForParent, ReclaimsBelowOneThatIsMadeAfterTheStart) {
  for (const auto& name : {later(), top().absolute() + "/later"}) {
    auto daemon = wait_for(name);
    ASSERT_TRUE(daemon.wait_for_log(later() + " doesn't exist: ")) << daemon.log();
    ASSERT_TRUE(daemon.wait_for_scans(2)) << daemon.log();
    const auto app = make_later();
    EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
    EXPECT_EQ(daemon.stop(), ExitStatus{0});
    ASSERT_TRUE(app.remove());
    ASSERT_TRUE(make("later").remove());
  }
}

TEST_F(WaitForParent, LearnsOfTheKernelWhatItLearnsFromOneThatExists) {
  make("now");
  const auto said = [&](const std::string& parent, const char* what) {
    auto daemon = wait_for(parent);
    EXPECT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
    return daemon.log().find(what) != std::string::npos;
  };
  for (const auto* what : {" may_swap ", " no_pressure ", " no_refaults "}) {
    EXPECT_EQ(said(later(), what), said(top().path() + "/now", what)) << what;
  }
}

TEST_F(WaitForParent, GoesOnWaitingWhenItWasRemoved) {
  auto daemon = wait_for(later());
  for (std::size_t i = 1; i <= 2; ++i) {
    const auto app = make_later();
    EXPECT_TRUE(daemon.wait_for_reclaim(app, i)) << daemon.log();
    ASSERT_TRUE(app.remove());
    ASSERT_TRUE(make("later").remove());
    ASSERT_TRUE(daemon.wait_for_scans(2)) << daemon.log();
  }
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
  EXPECT_THAT(daemon.log(), Not(HasSubstr(" warning "))) << "it is as it should be";
}

TEST_F(WaitForParent, WatchesTheOtherParentsMeanwhile) {
  const auto app = make("now/app");
  fill_clean(app, data());
  auto daemon = watch({"--parent", later(), "--parent", top().path() + "/now", "--wait-for-parent",
                       "--threshold", "64MiB", "--interval", "100ms"});
  EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
}

TEST_F(WaitForParent, IsTakenUpByAReload) {
  const auto settings = [&](const std::string& parent) {
    return config("interval: 100ms\nthreshold: 64MiB\nparent: " + parent + "\nwait_for_parent: true\n");
  };
  make("now");
  Daemon daemon{{"--config", settings(top().path() + "/now"), "--budget-cpu", "60s"}, runtime_directory()};
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  static_cast<void>(settings(later()));
  daemon.send_signal(SIGHUP);
  ASSERT_TRUE(daemon.wait_for_log("info reloaded")) << daemon.log();
  EXPECT_TRUE(daemon.wait_for_reclaim(make_later())) << daemon.log();
}

TEST_F(WaitForParent, IsNothingForAScanThatIsMadeOnce) {
  const auto result = once({"--parent", later(), "--wait-for-parent"});
  EXPECT_EQ(result.status, ExitStatus{kUnavailable});
  EXPECT_THAT(result.err, HasSubstr("does not exist"));
}

TEST_F(WaitForParent, RefusesWhatCanNeverBecomeOne) {
  for (const auto* parent : {"/tmp/cmm-test-missing", "missing/../../elsewhere", "missing/.."}) {
    const auto result = run_daemon({"--parent", parent, "--wait-for-parent"}, runtime_directory());
    EXPECT_NE(result.status, ExitStatus{0}) << parent;
    EXPECT_THAT(result.err, HasSubstr("does not lie below " + memory_hierarchy().mount)) << parent;
    EXPECT_THAT(result.err, Not(HasSubstr("doesn't exist"))) << parent;
  }
}

}  // namespace
}  // namespace cmm::test
