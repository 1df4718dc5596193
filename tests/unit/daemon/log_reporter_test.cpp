// SPDX-License-Identifier: Apache-2.0
#include "daemon/log_reporter.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

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
    testing::internal::CaptureStderr();
    log.scanned(report);
    if (took >= next_in) log.overran(took, next_in);
    flush_log();
    return testing::internal::GetCapturedStderr();
  }

  Settings settings;
  LogReporter log{settings};
};

TEST_F(LogReporterTest, TellsOnceThatScansTakeTooLong) {
  scan(1ms, 1s);  // which says that there is nothing to watch
  EXPECT_THAT(scan(10s, 1s), HasSubstr("overran"));
  EXPECT_THAT(scan(10s, 1s), IsEmpty());
  EXPECT_THAT(scan(900ms, 1s), IsEmpty());
  EXPECT_THAT(scan(1100ms, 1s), IsEmpty()) << "they are no shorter, and it was told";
  EXPECT_THAT(scan(1100ms, 60s), IsEmpty());
  EXPECT_THAT(scan(1100ms, 1s), IsEmpty()) << "the same scans: what differs is when the next one is due";
}

TEST_F(LogReporterTest, TellsThatScansTakeTooLongAgain) {
  scan(10s, 1s);
  scan(10ms, 1s);
  EXPECT_THAT(scan(10s, 1s), HasSubstr("overran"));
}

}  // namespace
}  // namespace cmm
