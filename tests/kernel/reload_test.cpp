// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "support/full_cgroup_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A cgroup about which nothing is to be done at first.
class Reload : public FullCgroupTest {
 protected:
  Reload() : FullCgroupTest("app") {}

  [[nodiscard]] Daemon watch_with(std::string_view text, std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--interval", "200ms", "--config", config(text)});
    return watch(std::move(options));
  }
  void reload(Daemon& daemon, std::string_view text) const {
    static_cast<void>(config(text));
    daemon.send_signal(SIGHUP);
  }
};

TEST_F(Reload, TakesWhatTheFileSaysNow) {
  auto daemon = watch_with("threshold: 1GiB\n");
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  reload(daemon, "threshold: 64MiB\n");
  EXPECT_TRUE(daemon.wait_for_reclaim(app())) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("info reloaded"));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Reload, KeepsTheSettingsWhereOthersMayChangeTheFileByNow) {
  auto daemon = watch_with("threshold: 1GiB\n");
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  const auto path = config("threshold: 64MiB\n");
  std::filesystem::permissions(path, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  daemon.send_signal(SIGHUP);
  ASSERT_TRUE(daemon.wait_for_log("error reload_failed")) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("everybody may change it; chmod go-w " + path));
  ASSERT_TRUE(daemon.wait_for_scans(2)) << daemon.log();
  EXPECT_GE(data().resident(), nearly(MiB(100))) << "it was to reclaim nothing";
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Reload, KeepsTheSettingsWhereTheFileIsWrongAndNamesTheLine) {
  auto daemon = watch_with("threshold: 1GiB\n");
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  reload(daemon, "threshold: 64MiB\ncooldown: soon\n");
  ASSERT_TRUE(daemon.wait_for_log("error reload_failed")) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("config.yaml:2: cooldown"));
  ASSERT_TRUE(daemon.wait_for_scans(2)) << daemon.log();
  EXPECT_TRUE(daemon.reclaims_of(app()).empty()) << "one half of the file was taken";

  reload(daemon, "threshold: 64MiB\n");
  EXPECT_TRUE(daemon.wait_for_reclaim(app())) << "after it was mended:\n" << daemon.log();
}

TEST_F(Reload, LeavesTheCommandLineItsSay) {
  auto daemon = watch_with("", {"--threshold", "1GiB"});
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  reload(daemon, "threshold: 64MiB\n");
  ASSERT_TRUE(daemon.wait_for_log("info reloaded")) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_scans(2)) << daemon.log();
  EXPECT_TRUE(daemon.reclaims_of(app()).empty()) << daemon.log();
}

TEST_F(Reload, KeepsTheCooldownsThatRun) {
  auto daemon = watch_with("threshold: 64MiB\ncooldown: 1h\n");
  ASSERT_TRUE(daemon.wait_for_reclaim(app())) << daemon.log();
  fill_clean(app(), data());
  reload(daemon, "threshold: 32MiB\ncooldown: 1h\n");
  ASSERT_TRUE(daemon.wait_for_log("info reloaded")) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_scans(3)) << daemon.log();
  EXPECT_EQ(daemon.reclaims_of(app()).size(), 1) << daemon.log();
}

TEST_F(Reload, AppliesTheRulesToCgroupsThatAreKnown) {
  auto daemon = watch_with("threshold: 1GiB\n");
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  reload(daemon, "threshold: 1GiB\nrules:\n  - match: {path: \"*/app\"}\n    threshold: 64MiB\n");
  EXPECT_TRUE(daemon.wait_for_reclaim(app())) << daemon.log();
}

TEST_F(Reload, RefusesWhatNeedsARestart) {
  auto daemon = watch_with("threshold: 1GiB\n");
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  reload(daemon, "dry_run: true\n");
  ASSERT_TRUE(daemon.wait_for_log("reload_failed")) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("restart it"));
}

TEST_F(Reload, NamesTheLineOfAnAddressThatCannotBeHad) {
  auto daemon = watch_with("threshold: 1GiB\n");
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  reload(daemon, "threshold: 1GiB\nmetrics: {listen: \"192.0.2.1:9\"}\n");
  EXPECT_TRUE(daemon.wait_for_log("config.yaml:2: metrics: cannot listen")) << daemon.log();
}

// Files are opened on another thread: the one that tells, and ends, goes on.
TEST_F(Reload, ThatHangsHoldsNeitherTheScansNorTheEnd) {
  const auto next = make("next");
  const auto file = config("parent: " + app().path() + "\n");
  FaultInjector calls{next.absolute(), {"openat"}};
  calls.hold({next.reclaim_file()});
  Daemon daemon{{"--interval", "200ms", "--config", file}, runtime_directory(), calls};
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  reload(daemon, "parent: " + next.path() + "\n");
  ASSERT_TRUE(daemon.wait_for_log("given up")) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  daemon.send_signal(SIGTERM);
  EXPECT_EQ(daemon.wait_for_end(in_vm() ? 3s : 1s), ExitStatus{0}) << daemon.log();
}

}  // namespace
}  // namespace cmm::test
