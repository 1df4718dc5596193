// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace cmm {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

/// What a tenant might call a cgroup to make a log say what never was.
const std::string kForged =
    "a\n2026-01-01T00:00:00.000+0000 info reclaimed "
    "cgroup=b\r\x1b[2K\x1b]0;t\x07\u009b2J\u202e\u2028\x7f\xff\xc2\\\"=";

std::string logged(LogFormat format) {
  testing::internal::CaptureStderr();
  configure_log(LogLevel::info, format);
  log_event(LogLevel::warn, "left_alone", {{"cgroup", kForged}, {"error", kForged}}, "it is " + kForged);
  flush_log();
  auto line = testing::internal::GetCapturedStderr();
  configure_log(LogLevel::info, LogFormat::text);
  return line;
}

bool is_one_line_in_ascii(const std::string& text) {
  return text.ends_with('\n') &&
         std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= ' ' && c < 0x7f; });
}

TEST(LogLine, CantBeForgedByAName) {
  const auto line = logged(LogFormat::text);
  EXPECT_TRUE(is_one_line_in_ascii(line)) << line;
  EXPECT_THAT(line, HasSubstr(" warning left_alone cgroup=\"a"));
}

TEST(LogLine, InJsonIsOneObjectWhateverACgroupIsCalled) {
  const auto line = logged(LogFormat::json);
  EXPECT_TRUE(is_one_line_in_ascii(line)) << line;
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["event"], "left_alone");
  EXPECT_EQ(json.size(), 6) << line;
  EXPECT_THAT(json["cgroup"].get<std::string>(), EndsWith("\\xff\\xc2\\\"="));
}

TEST(LogLine, OfAnErrorCantBeForgedByAPath) {
  testing::internal::CaptureStderr();
  print_error("cannot open " + kForged);
  const auto line = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(is_one_line_in_ascii(line)) << line;
  EXPECT_THAT(line, HasSubstr("cgroup-memory-manager: cannot open a\\n2026"));
}

}  // namespace
}  // namespace cmm
