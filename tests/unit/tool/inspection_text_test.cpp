// SPDX-License-Identifier: Apache-2.0
#include "tool/inspection_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tool/output_option.hpp"

namespace cmm::tool {
namespace {

Inspection using_of(Bytes usage, Bytes limit) {
  Inspection seen;
  seen.usage = usage;
  seen.effective_limit.bytes = limit;
  return seen;
}

TEST(UsageBar, IsAShareOfTheEffectiveLimit) {
  EXPECT_EQ(usage_bar(using_of(MiB(0), MiB(100))), "░░░░░░░░░░   0%");
  EXPECT_EQ(usage_bar(using_of(MiB(50), MiB(100))), "█████░░░░░  50%");
  EXPECT_EQ(usage_bar(using_of(MiB(100), MiB(100))), "██████████ 100%");
}

TEST(UsageBar, IsRoundedToTheNearestCell) {
  EXPECT_EQ(usage_bar(using_of(MiB(4), MiB(100))), "░░░░░░░░░░   4%");
  EXPECT_EQ(usage_bar(using_of(MiB(67), MiB(100))), "███████░░░  67%");
}

TEST(UsageBar, StaysInItsFrameAboveTheLimitAndWithALimitOfNothing) {
  EXPECT_EQ(usage_bar(using_of(MiB(250), MiB(100))), "██████████ 250%");
  EXPECT_EQ(usage_bar(using_of(MiB(1), Bytes{})), "░░░░░░░░░░   0%");
}

TEST(EventsText, IsWhatTheKernelHadToDoSoFar) {
  EXPECT_EQ(events_text({}), "-");
  EXPECT_EQ(events_text({.high = 0, .max = 0, .oom = 0, .oom_kill = 0}), "-");
  EXPECT_EQ(events_text({.high = 3, .max = 0, .oom = 2, .oom_kill = 1}), "high 3 oom 2 oom_kill 1");
}

TEST(PercentText, HasOneDecimalOrIsADash) {
  EXPECT_EQ(percent_text(Percent{1.5}), "1.5%");
  EXPECT_EQ(percent_text(Percent{0}), "0.0%");
  EXPECT_EQ(percent_text(std::nullopt), "-");
}

TEST(InspectionJson, HasNullForWhatIsAbsentAndMaxForNoLimit) {
  const auto json = to_json(using_of(MiB(1), GiB(4)));
  EXPECT_EQ(json["usage"], MiB(1).count());
  EXPECT_EQ(json["memory_max"], "max");
  EXPECT_TRUE(json["memory_high"].is_null());
  EXPECT_TRUE(json["peak"].is_null());
  EXPECT_TRUE(json["anon"].is_null());
  EXPECT_TRUE(json["events"]["oom_kill"].is_null());
  EXPECT_EQ(json["effective_limit"]["file"], "MemTotal");
  EXPECT_TRUE(json["effective_limit"]["cgroup"].is_null());
}

TEST(InspectionJson, HasBytesAndNamesForWhatIsThere) {
  auto seen = using_of(MiB(1), MiB(64));
  seen.path = "a/b";
  seen.memory_max = Limit{MiB(64)};
  seen.swap_max = Limit::max();
  seen.effective_limit = {.bytes = MiB(64), .cgroup = "a", .file = "memory.max"};
  seen.pressure = {.some = Percent{1.5}, .full = {}, .of_node = true};
  const auto json = to_json(seen);
  EXPECT_EQ(json["cgroup"], "a/b");
  EXPECT_EQ(json["memory_max"], MiB(64).count());
  EXPECT_EQ(json["swap_max"], "max");
  EXPECT_EQ(json["effective_limit"]["cgroup"], "a");
  EXPECT_EQ(json["effective_limit"]["file"], "memory.max");
  EXPECT_EQ(json["pressure"]["some_avg10"], 1.5);
  EXPECT_TRUE(json["pressure"]["full_avg10"].is_null());
  EXPECT_EQ(json["pressure"]["of"], "node");
}

TEST(InspectionJson, IsPrintedAlsoWhereANameIsNoUtf8) {
  Inspection seen;
  seen.path = "a\xff";
  EXPECT_NE(to_line(to_json(seen)).find("\"cgroup\":\"a\\ufffd\""), std::string::npos);
}

TEST(InspectionJson, GivesATerminalNothingToObey) {
  Inspection seen;
  seen.path = "a\x1b[2J\u009b2J\u202e\x7f";
  EXPECT_NE(to_line(to_json(seen)).find("\"a\\u001b[2J\\u009b2J\\u202e\\u007f\""), std::string::npos);
}

}  // namespace
}  // namespace cmm::tool
