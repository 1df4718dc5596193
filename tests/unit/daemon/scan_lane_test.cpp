// SPDX-License-Identifier: Apache-2.0
#include "daemon/scan_lane.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::FakeTree;
using Clock = std::chrono::steady_clock;

/// A lane over a fake tree in which files can be made to hang: a pipe without a writer blocks whoever opens
/// it.
class ScanLaneTest : public testing::Test {
 protected:
  ScanLaneTest() {
    tree.add("top");
    setup.hierarchy = tree.hierarchy();
    setup.parents = {{"top"}};
    setup.root = tree.root();
    setup.policy = {.threshold = MiB(100), .target = MiB(80), .cooldown = 30s};
    setup.ability = {.spares_anon = true, .why_not = {}};
  }

  void add(const std::string& name, Bytes cache = MiB(200)) {
    tree.add("top/" + name, {.usage = cache + MiB(1), .cache = cache});
  }

  void make_hang(const std::string& name, const std::string& file) const {
    tree.remove_file("top/" + name, file);
    if (::mkfifo(path_of(name, file).c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
  }

  /// Lets whoever hangs in the file go on: it finds the file empty.
  void end_hanging(const std::string& name, const std::string& file) const {
    const UniqueFd writer{::open(path_of(name, file).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!writer) throw std::runtime_error("nobody hangs in " + file);
  }

  [[nodiscard]] std::string path_of(const std::string& name, const std::string& file) const {
    return tree.absolute("top/" + name) + "/" + file;
  }

  ScanLane& lane() {
    if (!made) {
      made = std::make_unique<ScanLane>(
          io, setup,
          ScanLane::Events{.scanned = [this](Scan scan) { scanned = std::move(scan); },
                           .hangs = [this](const Cgroup& cgroup) { hung_on = cgroup.path; },
                           .came_back = [this](const Cgroup& cgroup, Duration) { back = cgroup.path; }});
    }
    return *made;
  }

  /// Runs what the lane posts until `done`.
  template <class Done>
  void run_until(const Done& done) {
    for (const auto give_up = Clock::now() + 20s; !done();) {
      if (Clock::now() > give_up) throw std::runtime_error("it takes too long");
      io.run_for(1ms);
    }
  }

  /// … and looks after the lane, with a clock that runs fast, until a scan has ended.
  Scan scan() {
    scanned.reset();
    lane().begin({});
    auto now = Clock::now();
    run_until([&] {
      if (!scanned) lane().look(now += 5ms);
      return scanned.has_value();
    });
    return std::move(*scanned);
  }

  static std::string decision(const ScanReport& report, const std::string& name) {
    for (const auto& row : report.targets) {
      if (row.cgroup->path != "top/" + name) continue;
      const auto* skip = std::get_if<Skip>(&row.decision);
      return skip != nullptr ? std::string{reason(*skip)} : "request";
    }
    return "no row";
  }

  FakeTree tree;
  EngineSetup setup{.hierarchy = {}, .parents = {}, .policy = {}, .ability = {}};
  boost::asio::io_context io;
  // Or else running it would not wait for what other threads post.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::optional<Scan> scanned;
  std::string hung_on;
  std::string back;
  std::unique_ptr<ScanLane> made;
};

TEST_F(ScanLaneTest, ScansWhileNothingHangs) {
  add("web");
  EXPECT_EQ(decision(scan().report, "web"), "request");
  EXPECT_FALSE(lane().has_hanging());
  EXPECT_EQ(hung_on, "");
}

TEST_F(ScanLaneTest, GoesOnWithoutACgroupWhoseFileCantBeOpened) {
  add("stuck");
  add("web");
  make_hang("stuck", "memory.current");
  const auto [report, jobs] = scan();
  EXPECT_EQ(hung_on, "top/stuck");
  EXPECT_EQ(decision(report, "stuck"), "stuck");
  EXPECT_EQ(decision(report, "web"), "request");
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_TRUE(lane().has_hanging());
  EXPECT_FALSE(lane().scanning());

  EXPECT_EQ(decision(scan().report, "web"), "in flight") << "the successor has the memory, and scans go on";
  end_hanging("stuck", "memory.current");
  run_until([&] { return back == "top/stuck"; });
  EXPECT_FALSE(lane().has_hanging());
}

TEST_F(ScanLaneTest, LetsACgroupRestThatCameBack) {
  add("stuck");
  make_hang("stuck", "memory.stat");
  scan();
  end_hanging("stuck", "memory.stat");
  run_until([&] { return back == "top/stuck"; });
  const auto report = scan().report;
  ASSERT_EQ(decision(report, "stuck"), "stuck");
  const auto stuck = std::get<Stuck>(std::get<Skip>(report.targets.at(0).decision));
  ASSERT_TRUE(stuck.rests_until) << "and it says so";
  EXPECT_GT(*stuck.rests_until, report.at);
}

TEST_F(ScanLaneTest, TakesNothingOverForHavingStoodStillItself) {
  add("stuck");
  make_hang("stuck", "memory.current");
  lane().begin({});
  auto now = Clock::now();
  for (int i = 0; i < 5; ++i) {
    io.run_for(1ms);
    lane().look(now += 1h);
  }
  EXPECT_EQ(hung_on, "");
  run_until([&] {
    lane().look(now += 5ms);
    return hung_on == "top/stuck";
  });
  end_hanging("stuck", "memory.current");
  run_until([&] { return scanned.has_value() && !lane().has_hanging(); });
}

TEST_F(ScanLaneTest, GoesOnWhereSeveralHang) {
  add("web");
  for (const auto* name : {"one", "two", "three"}) {
    add(name);
    make_hang(name, "memory.current");
  }
  EXPECT_EQ(decision(scan().report, "web"), "request");
  for (const auto* name : {"one", "two", "three"}) {
    back.clear();
    end_hanging(name, "memory.current");
    run_until([&] { return back == std::string{"top/"} + name; });
  }
  EXPECT_FALSE(lane().has_hanging());
}

TEST_F(ScanLaneTest, KeepsOffACgroupWhoseReclaimHangs) {
  add("web");
  lane().isolate("top/web", Clock::now());
  EXPECT_EQ(decision(scan().report, "web"), "stuck");
  lane().end_isolation("top/web");
  EXPECT_EQ(decision(scan().report, "web"), "request");
}

TEST_F(ScanLaneTest, TellsTheEngineHowReclaimsEnded) {
  add("web");
  auto first = scan();
  ASSERT_EQ(first.jobs.size(), 1U);
  ReclaimOutcome outcome;
  outcome.end = ReclaimEnd::target_reached;
  outcome.started_at = Clock::now();
  lane().begin({{std::make_shared<const ReclaimJob>(std::move(first.jobs[0])), outcome}});
  scanned.reset();
  run_until([&] { return scanned.has_value(); });
  EXPECT_EQ(decision(scanned->report, "web"), "cooling down");
}

TEST_F(ScanLaneTest, JudgesAReclaimByTheSettingsThatItWasMadeUnder) {
  Rule hasty;
  hasty.match.path = "top/web";
  hasty.cooldown = 1s;
  setup.rules = {hasty};
  add("web");
  auto first = scan();
  ASSERT_EQ(first.jobs.size(), 1U);
  ReclaimOutcome futile;
  futile.end = ReclaimEnd::no_progress;
  futile.requested = MiB(120);
  futile.started_at = Clock::now();
  setup.rules = {};
  lane().change(setup);
  lane().begin({{std::make_shared<const ReclaimJob>(std::move(first.jobs[0])), futile}});
  scanned.reset();
  run_until([&] { return scanned.has_value(); });
  ASSERT_EQ(scanned->report.lessons.size(), 1U);
  EXPECT_EQ(scanned->report.lessons[0].cooldown, 2s);
}

}  // namespace
}  // namespace cmm
