// SPDX-License-Identifier: Apache-2.0
#include "daemon/log_reporter.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/log.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class LogReporterTest : public testing::Test {
 protected:
  LogReporterTest() { configure_log(LogLevel::info, LogFormat::text); }

  /// A scan that took so long, told as the scheduler does. What was logged.
  std::string scan(Duration took, Duration next_in) {
    ScanReport report;
    report.took = took;
    report.next_in = next_in;
    return told([&] {
      log.scanned(report);
      if (took >= next_in) log.overran(took, next_in);
    });
  }

  /// A scan with one target, about which this was decided. What was logged.
  std::string decided(Decision decision) {
    auto report = one_target();
    report.targets[0].decision = std::move(decision);
    return told(report);
  }

  /// A scan that couldn't look into some branches. What was logged.
  std::string unreadable(std::vector<Error> branches) {
    auto report = one_target();
    report.unreadable_branches = std::move(branches);
    return told(report);
  }

  /// A scan without some parents that are waited for. What was logged.
  std::string awaited(std::vector<Parent> parents) {
    auto report = one_target();
    report.awaited = std::move(parents);
    return told(report);
  }

  /// A reclaim that ended so. What was logged.
  std::string reclaimed(const ReclaimOutcome& outcome) {
    ReclaimJob job;
    job.cgroup = app;
    return told([&] { log.reclaimed(job, outcome); });
  }

  Settings settings;
  LogReporter log{settings};

 private:
  [[nodiscard]] ScanReport one_target() const {
    ScanReport report;
    report.next_in = 1s;
    auto& row = report.targets.emplace_back();
    row.cgroup = app;
    row.decision = BelowThreshold{};
    return report;
  }
  std::string told(const ScanReport& report) {
    return told([&] { log.scanned(report); });
  }
  static std::string told(const std::function<void()>& tell) {
    testing::internal::CaptureStderr();
    tell();
    flush_log();
    return testing::internal::GetCapturedStderr();
  }

  CgroupRef app =
      std::make_shared<const Cgroup>(Cgroup{.id = CgroupId{7}, .path = "pods/app", .container_id = {}});
};

Error because(std::errc code) { return {std::make_error_code(code), "read", "pods/app/memory.stat"}; }

TEST_F(LogReporterTest, TellsOnceThatScansTakeTooLong) {
  scan(1ms, 1s);  // which says that there is nothing to watch
  EXPECT_THAT(scan(10s, 1s), HasSubstr("overran"));
  EXPECT_THAT(scan(10s, 1s), IsEmpty());
  EXPECT_THAT(scan(900ms, 1s), IsEmpty());
  EXPECT_THAT(scan(1100ms, 1s), IsEmpty()) << "they are no shorter, and it was told";
  EXPECT_THAT(scan(1100ms, 60s), IsEmpty());
  EXPECT_THAT(scan(1100ms, 1s), IsEmpty()) << "the same scans: what differs is when the next one is due";
}

TEST_F(LogReporterTest, WarnsOfNothingToWatchUnlessParentsAreWaitedFor) {
  EXPECT_THAT(scan(1ms, 1s), HasSubstr("warning nothing_to_watch"));
  EXPECT_THAT(scan(1ms, 1s), IsEmpty());
  settings.wait_for_parent = true;
  log = LogReporter{settings};
  EXPECT_THAT(scan(1ms, 1s), HasSubstr("info nothing_to_watch"));
  EXPECT_THAT(scan(1ms, 1s), IsEmpty());
}

TEST_F(LogReporterTest, TellsThatScansTakeTooLongAgain) {
  scan(10s, 1s);
  scan(10ms, 1s);
  EXPECT_THAT(scan(10s, 1s), HasSubstr("overran"));
}

TEST_F(LogReporterTest, TellsOnceThatACgroupCantBeRead) {
  EXPECT_THAT(decided(Unreadable{because(std::errc::io_error)}),
              HasSubstr("warning left_alone cgroup=pods/app unreadable: cannot read pods/app/memory.stat: "
                        "Input/output error"));
  EXPECT_THAT(decided(Unreadable{because(std::errc::io_error)}), IsEmpty());
  EXPECT_THAT(decided(BelowThreshold{}),
              HasSubstr("info fine cgroup=pods/app is fine again: below threshold"));
  EXPECT_THAT(decided(BelowThreshold{}), IsEmpty());
}

TEST_F(LogReporterTest, TellsEachNewErrorOfACgroup) {
  decided(Unreadable{because(std::errc::io_error)});
  EXPECT_THAT(decided(Unreadable{because(std::errc::permission_denied)}), HasSubstr("Permission denied"));
  EXPECT_THAT(decided(WouldSwap{}),
              HasSubstr("warning left_alone cgroup=pods/app over its threshold, but reclaim"));
  EXPECT_THAT(decided(WouldSwap{}), IsEmpty());
  EXPECT_THAT(decided(Unreadable{because(std::errc::io_error)}), HasSubstr("Input/output error"));
}

TEST_F(LogReporterTest, CallsNothingFineThatWasNotLookedAt) {
  decided(Unreadable{because(std::errc::io_error)});
  EXPECT_THAT(decided(Stuck{}), IsEmpty());
  EXPECT_THAT(decided(UnderPressure{Percent{30}}), IsEmpty());
  EXPECT_THAT(decided(Unreadable{because(std::errc::io_error)}), IsEmpty()) << "it was told";
  EXPECT_THAT(decided(CoolingDown{}), HasSubstr("is fine again"));
}

TEST_F(LogReporterTest, TellsOnceWhatADryRunWouldFreeHoweverMuchItIs) {
  settings.dry_run = true;
  log = LogReporter{settings};
  const auto due = [](Bytes bytes) {
    ReclaimRequest request;
    request.bytes = bytes;
    return request;
  };
  EXPECT_THAT(decided(due(MiB(100))), HasSubstr("info would_reclaim cgroup=pods/app would free 100.0 MiB"));
  EXPECT_THAT(decided(due(MiB(101))), IsEmpty());
  EXPECT_THAT(decided(Unreadable{because(std::errc::io_error)}), HasSubstr("warning left_alone"));
  EXPECT_THAT(decided(due(MiB(101))), HasSubstr("would free 101.0 MiB"));
}

TEST_F(LogReporterTest, TellsOfABranchWhenItsStateChanges) {
  EXPECT_THAT(unreadable({because(std::errc::io_error)}),
              HasSubstr("warning unreadable cannot read pods/app/memory.stat: Input/output error; what is "
                        "below it is watched only as far as it can be read"));
  EXPECT_THAT(unreadable({because(std::errc::io_error)}), IsEmpty());
  EXPECT_THAT(unreadable({}), HasSubstr("info readable no longer so: cannot read"));
  EXPECT_THAT(unreadable({}), IsEmpty());
}

TEST_F(LogReporterTest, TellsOfAParentThatIsWaitedForWhenItComesAndGoes) {
  EXPECT_THAT(awaited({{"pods"}}),
              HasSubstr("info waiting cgroup=pods pods doesn't exist: it is watched as soon"));
  EXPECT_THAT(awaited({{"pods"}}), IsEmpty());
  EXPECT_THAT(awaited({}), HasSubstr("info found cgroup=pods pods exists by now"));
  EXPECT_THAT(awaited({}), IsEmpty());
}

TEST_F(LogReporterTest, TellsOnceWhyReclaimsFail) {
  ReclaimOutcome outcome;
  outcome.end = ReclaimEnd::failed;
  outcome.error = because(std::errc::io_error);
  EXPECT_THAT(reclaimed(outcome), HasSubstr("warning reclaimed"));
  EXPECT_THAT(reclaimed(outcome), IsEmpty());
  outcome.error = because(std::errc::permission_denied);
  EXPECT_THAT(reclaimed(outcome), HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace cmm
