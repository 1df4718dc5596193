// SPDX-License-Identifier: Apache-2.0
#include "daemon/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

TargetReport row(std::uint64_t inode, const std::string& path, Bytes usage, std::optional<Bytes> reclaimable,
                 Decision decision = BelowThreshold{}) {
  TargetReport made;
  made.cgroup = std::make_shared<const Cgroup>(Cgroup{CgroupId{inode}, path, {}});
  made.sample = MemorySample{.usage = usage, .effective_limit = GiB(1), .cache = {}, .guards = {}};
  if (reclaimable) made.sample->cache = CacheSample{.cache = *reclaimable, .reclaimable = *reclaimable};
  made.marks = {.threshold = MiB(256), .target = MiB(200)};
  made.decision = std::move(decision);
  return made;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Table, NamesTheRuleThatHoldsForACgroup) {
  ScanReport report;
  report.targets.push_back(row(1, "top/db", GiB(1), MiB(300), Ignored{Ignored::By::rule}));
  report.targets.back().rule = 1;
  EXPECT_THAT(lines_of(to_table(report, {})).at(1), HasSubstr("ignored by a rule (rule 2)"));
}

TEST(Table, GivesATerminalNothingToObey) {
  ScanReport report;
  report.targets.push_back(row(1, "top/\x1b[31m\u009b", MiB(1), {}));
  EXPECT_THAT(to_table(report, {}), HasSubstr("top/\\x1b[31m\\u009b\n"));
}

TEST(Table, SaysThatTheGateIsClosed) {
  ScanReport report;
  report.gate_closed = GateClosed{GiB(3), GiB(4)};
  EXPECT_THAT(to_table(report, {}),
              HasSubstr("nothing was looked at: the node has 3.0 GiB of 4.0 GiB available"));
}

TEST(Table, HasAHeadingAndALineForEachTarget) {
  ScanReport report;
  report.targets.push_back(row(1, "top/a", MiB(300), MiB(280),
                               ReclaimRequest{.bytes = MiB(80), .threshold = MiB(256), .target = MiB(200)}));
  const auto lines = lines_of(to_table(report, {}));
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], StartsWith("      USAGE  RECLAIMABLE    THRESHOLD        LIMIT  DECISION "));
  EXPECT_THAT(lines[1], StartsWith("  300.0 MiB    280.0 MiB    256.0 MiB      1.0 GiB  free 80.0 MiB "));
  EXPECT_EQ(lines[0].find("CGROUP"), lines[1].find("top/a")) << "one below the other";
}

TEST(Table, PutsTheMostReclaimableFirstAndThenTheLargest) {
  ScanReport report;
  report.targets = {row(1, "small", MiB(1), {}), row(2, "large", MiB(9), {}),
                    row(3, "little", MiB(500), MiB(2)), row(4, "much", MiB(400), MiB(390))};
  const auto lines = lines_of(to_table(report, {}));
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_THAT(lines[1], EndsWith("  much"));
  EXPECT_THAT(lines[2], EndsWith("  little"));
  EXPECT_THAT(lines[3], EndsWith("  large"));
  EXPECT_THAT(lines[4], EndsWith("  small"));
  EXPECT_THAT(lines[3], HasSubstr("    9.0 MiB            -")) << "what was not read is not shown as zero";
}

TEST(Table, ShowsWhatCameOfAReclaimInPlaceOfItsRequest) {
  ScanReport report;
  const ReclaimRequest request{.bytes = MiB(80), .threshold = MiB(256), .target = MiB(200)};
  report.targets = {row(1, "a", MiB(300), MiB(280), request), row(2, "b", MiB(300), MiB(270), request)};
  ReclaimOutcome outcome;
  outcome.end = ReclaimEnd::target_reached;
  outcome.freed = MiB(81);
  const auto lines = lines_of(to_table(report, {{CgroupId{1}, outcome}}));
  EXPECT_THAT(lines[1], HasSubstr("freed 81.0 MiB, target reached"));
  EXPECT_THAT(lines[2], HasSubstr("free 80.0 MiB"));
}

TEST(Table, SaysOfWhichCgroupTheReclaimHangs) {
  ScanReport report;
  const ReclaimRequest request{.bytes = MiB(80), .threshold = MiB(256), .target = MiB(200)};
  report.targets = {row(1, "a", MiB(300), MiB(280), request)};
  EXPECT_THAT(lines_of(to_table(report, {}, {report.targets.front().cgroup})).back(),
              HasSubstr("  its reclaim hangs in the kernel "));
}

TEST(Table, ShowsTargetsThatCouldNotBeReadLastAndWithTheReason) {
  ScanReport report;
  report.at = TimePoint{1000h};
  auto broken =
      row(1, "broken", {}, {}, Unreadable{{std::make_error_code(std::errc::permission_denied), "read", "x"}});
  broken.sample.reset();
  report.targets = {broken, row(2, "cooling", MiB(300), MiB(280), CoolingDown{report.at + 5s})};
  const auto lines = lines_of(to_table(report, {}));
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[1], HasSubstr("cooling down for 5 s"));
  EXPECT_EQ(lines[2],
            "          -            -            -            -  unreadable: cannot read x: Permission "
            "denied  broken");
}

TEST(Table, NamesTheBranchesThatCouldNotBeRead) {
  ScanReport report;
  report.targets.push_back(row(1, "a", MiB(1), {}));
  report.unreadable_branches.push_back(
      {std::make_error_code(std::errc::no_such_file_or_directory), "open", "/x"});
  EXPECT_THAT(lines_of(to_table(report, {})).back(), "unreadable: cannot open /x: No such file or directory");
}

TEST(Table, SaysSoWhereThereIsNothingToWatch) {
  EXPECT_THAT(to_table({}, {}), EndsWith("\nno cgroups to watch below the parent\n"));
}

}  // namespace
}  // namespace cmm
