// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_board.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/metrics.hpp"
#include "daemon/status_line.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TargetReport row(std::uint64_t inode, const std::string& path, Bytes reclaimable) {
  TargetReport made;
  made.cgroup = std::make_shared<const Cgroup>(Cgroup{CgroupId{inode}, path, {}});
  made.sample = MemorySample{.usage = reclaimable + MiB(1),
                             .effective_limit = GiB(1),
                             .cache = CacheSample{.cache = reclaimable, .reclaimable = reclaimable},
                             .guards = {}};
  made.marks = {.threshold = MiB(256), .target = MiB(200)};
  made.decision = BelowThreshold{};
  return made;
}

std::shared_ptr<const ScanReport> report_of(std::vector<TargetReport> rows, Duration at = 0s) {
  ScanReport report;
  report.at = TimePoint{at};
  report.targets = std::move(rows);
  return std::make_shared<const ScanReport>(std::move(report));
}

StatusBoard board() {
  EngineSetup setup;
  setup.parents = {{"top"}};
  return {Settings{}, setup};
}

TEST(StatusBoard, IsJsonWhateverACgroupIsCalled) {
  auto shown = board();
  shown.scanned(report_of(
      {row(1, "top/\"quote\"\\", MiB(1)), row(2, "top/line\nend", MiB(1)), row(3, "top/\xff\xc3(", MiB(1))}));
  const auto json = Json::parse(*shown.json());
  EXPECT_EQ(json["targets"][0]["cgroup"], "top/\"quote\"\\");
  EXPECT_EQ(json["targets"][1]["cgroup"], "top/line\nend");
  EXPECT_EQ(json["targets"][2]["cgroup"], "top/\ufffd\ufffd(");
}

TEST(StatusBoard, TracesTheUsageOfTheLastTenMinutes) {
  auto shown = board();
  for (int scan = 0; scan < 100; ++scan) {
    shown.scanned(report_of({row(1, "top/a", KiB(static_cast<std::uint64_t>(scan)))}, scan * 10s));
  }
  const auto trace = Json::parse(*shown.json())["targets"][0]["trace"];
  ASSERT_EQ(trace.size(), 60);
  EXPECT_EQ(trace.front(), 1024 + 40);
  EXPECT_EQ(trace.back(), 1024 + 99);
}

TEST(StatusBoard, ForgetsTheTraceOfACgroupThatIsGone) {
  auto shown = board();
  shown.scanned(report_of({row(1, "top/a", MiB(1))}));
  shown.scanned(report_of({}, 10s));
  shown.scanned(report_of({row(1, "top/a", MiB(2))}, 20s));
  EXPECT_EQ(Json::parse(*shown.json())["targets"][0]["trace"].size(), 1);
}

TEST(StatusBoard, SaysWhyTheLastReloadFailed) {
  auto shown = board();
  EXPECT_TRUE(Json::parse(*shown.json())["daemon"]["last_reload"].is_null());
  shown.reloaded("config.yaml:3: no");
  EXPECT_EQ(Json::parse(*shown.json())["daemon"]["last_reload"]["error"], "config.yaml:3: no");
}

TEST(StatusLine, IsOneLineThatSaysHowManyAreOver) {
  StatusLine line{{{"a.slice"}, {"b.slice"}}};
  line.scanned(*report_of({row(1, "a.slice/x", MiB(300)), row(2, "b.slice/y", MiB(1))}));
  EXPECT_EQ(line.text(), "watching 2 cgroups below a.slice, b.slice, 1 over its threshold");
  ReclaimOutcome outcome;
  outcome.freed = MiB(100);
  line.reclaimed(outcome);
  line.reloaded("no such file");
  EXPECT_EQ(line.text(),
            "watching 2 cgroups below a.slice, b.slice, 1 over its threshold; freed 100.0 MiB in 1 "
            "reclaim; last reload failed: no such file");
}

TEST(Metrics, AreUtf8WhateverACgroupIsCalled) {
  Metrics metrics{10};
  metrics.scanned(report_of({row(1, "top/\xff\"\n", MiB(1))}));
  EXPECT_NE(metrics.text()->find("{cgroup=\"top/\ufffd\\\"\\n\",container=\"\"}"), std::string::npos)
      << *metrics.text();
}

TEST(Metrics, ShowTheCgroupsWithTheMostCacheWhereThereAreTooMany) {
  Metrics metrics{1};
  metrics.scanned(
      report_of({row(1, "top/small", MiB(1)), row(2, "top/large", MiB(9)), row(3, "top/b", MiB(2))}));
  EXPECT_NE(metrics.text()->find("top/large"), std::string::npos);
  EXPECT_EQ(metrics.text()->find("top/small"), std::string::npos);
  EXPECT_NE(metrics.text()->find("cgroups_without_series 2\n"), std::string::npos);
}

TEST(Metrics, KeepAReasonThatHoldsForNobodyAnyMoreAtZero) {
  Metrics metrics{10};
  metrics.scanned(report_of({row(1, "top/a", MiB(1))}));
  metrics.scanned(report_of({}));
  EXPECT_NE(metrics.text()->find("targets_skipped{reason=\"below_threshold\"} 0\n"), std::string::npos)
      << *metrics.text();
}

}  // namespace
}  // namespace cmm
