// SPDX-License-Identifier: Apache-2.0
#include "daemon/scan_lane.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "support/scan_fixture.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A lane over a fake tree in which files can be made to hang.
class ScanLaneTest : public test::ScanFixture {
 protected:
  ScanLaneTest() { setup.policy.cooldown = 30s; }

  void end_hanging(const std::string& name, const std::string& file = kUsageFile) const {
    if (!let_go(name, file)) throw std::runtime_error("nobody hangs in " + file);
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
  make_hang("stuck");
  const auto [report, jobs] = scan();
  EXPECT_EQ(hung_on, "top/stuck");
  EXPECT_EQ(decision(report, "stuck"), "stuck");
  EXPECT_EQ(decision(report, "web"), "request");
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_TRUE(lane().has_hanging());
  EXPECT_FALSE(lane().scanning());

  EXPECT_EQ(decision(scan().report, "web"), "in flight") << "the successor has the memory, and scans go on";
  end_hanging("stuck");
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
  make_hang("stuck");
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
  end_hanging("stuck");
  run_until([&] { return scanned.has_value() && !lane().has_hanging(); });
}

TEST_F(ScanLaneTest, GoesOnWhereSeveralHang) {
  add("web");
  for (const auto* name : {"one", "two", "three"}) {
    add(name);
    make_hang(name);
  }
  EXPECT_EQ(decision(scan().report, "web"), "request");
  for (const auto* name : {"one", "two", "three"}) {
    back.clear();
    end_hanging(name);
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
