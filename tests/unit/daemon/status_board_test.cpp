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
using Json = nlohmann::ordered_json;

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
  const auto json = Json::parse(shown.json());
  EXPECT_EQ(json["targets"][0]["cgroup"], "top/\"quote\"\\");
  EXPECT_EQ(json["targets"][1]["cgroup"], "top/line\nend");
  EXPECT_EQ(json["targets"][2]["cgroup"], "top/\\xff\\xc3(");
}

TEST(StatusBoard, TracesTheUsageOfTheLastTenMinutes) {
  auto shown = board();
  for (int scan = 0; scan < 100; ++scan) {
    shown.scanned(report_of({row(1, "top/a", KiB(static_cast<std::uint64_t>(scan)))}, scan * 10s));
  }
  const auto trace = Json::parse(shown.json())["targets"][0]["trace"];
  // In letters: from a for nothing to z for the most.
  const auto letters = trace.get<std::string>();
  ASSERT_EQ(letters.size(), 60);
  EXPECT_EQ(letters.front(), 'a' + (1024 + 40) * 25 / (1024 + 99));
  EXPECT_EQ(letters.back(), 'z');
}

TEST(StatusBoard, ForgetsTheTraceOfACgroupThatIsGone) {
  auto shown = board();
  shown.scanned(report_of({row(1, "top/a", MiB(1))}));
  shown.scanned(report_of({}, 10s));
  shown.scanned(report_of({row(1, "top/a", MiB(2))}, 20s));
  EXPECT_EQ(Json::parse(shown.json())["targets"][0]["trace"], "z");
}

TEST(StatusBoard, SaysWhyTheLastReloadFailed) {
  auto shown = board();
  EXPECT_TRUE(Json::parse(shown.json())["daemon"]["last_reload"].is_null());
  shown.reloaded("config.yaml:3: no");
  EXPECT_EQ(Json::parse(shown.json())["daemon"]["last_reload"]["error"], "config.yaml:3: no");
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
  EXPECT_NE(metrics.text().find("{cgroup=\"top/\\\\xff\\\"\\n\",container_id=\"\"}"), std::string::npos)
      << metrics.text();
}

TargetReport in_kubernetes(TargetReport row) {
  auto cgroup = *row.cgroup;
  cgroup.container_id = "1f2e";
  cgroup.workload = {.pod_uid = "3a4b", .qos = QosClass::best_effort, .names = {"shop", "web-0", "nginx"}};
  row.cgroup = std::make_shared<const Cgroup>(std::move(cgroup));
  return row;
}

TEST(StatusBoard, SaysWhichContainerOfWhichPodItIs) {
  auto shown = board();
  shown.scanned(report_of({in_kubernetes(row(1, "top/a", MiB(1))), row(2, "top/b", MiB(1))}));
  const auto targets = Json::parse(shown.json())["targets"];
  const std::pair<const char*, const char*> said[] = {{"container_id", "1f2e"}, {"namespace", "shop"},
                                                      {"pod", "web-0"},         {"container", "nginx"},
                                                      {"pod_uid", "3a4b"},      {"qos", "besteffort"}};
  for (const auto& [key, value] : said) {
    EXPECT_EQ(targets[0][key], value);
    EXPECT_EQ(targets[1][key], "");
  }
}

TEST(Metrics, HaveTheNamesOfKubernetesAsLabels) {
  Metrics metrics{10};
  metrics.scanned(report_of({in_kubernetes(row(1, "top/a", MiB(1)))}));
  EXPECT_NE(metrics.text().find("{cgroup=\"top/a\",container_id=\"1f2e\",namespace=\"shop\",pod=\"web-0\","
                                "container=\"nginx\"}"),
            std::string::npos)
      << metrics.text();
}

TEST(Metrics, ShowTheCgroupsWithTheMostCacheWhereThereAreTooMany) {
  Metrics metrics{1};
  metrics.scanned(
      report_of({row(1, "top/small", MiB(1)), row(2, "top/large", MiB(9)), row(3, "top/b", MiB(2))}));
  EXPECT_NE(metrics.text().find("top/large"), std::string::npos);
  EXPECT_EQ(metrics.text().find("top/small"), std::string::npos);
  EXPECT_NE(metrics.text().find("cgroups_without_series 2\n"), std::string::npos);
}

TEST(Metrics, KeepAReasonThatHoldsForNobodyAnyMoreAtZero) {
  Metrics metrics{10};
  metrics.scanned(report_of({row(1, "top/a", MiB(1))}));
  metrics.scanned(report_of({}));
  EXPECT_NE(metrics.text().find("targets_skipped{reason=\"below_threshold\"} 0\n"), std::string::npos)
      << metrics.text();
}

std::shared_ptr<const ScanReport> closed_gate(Duration at) {
  ScanReport report;
  report.at = TimePoint{at};
  report.gate_closed = GateClosed{GiB(3), GiB(8)};
  return std::make_shared<const ScanReport>(std::move(report));
}

TEST(StatusBoard, KeepsTheTracesWhileTheGateIsClosed) {
  auto shown = board();
  shown.scanned(report_of({row(1, "top/a", MiB(1))}));
  shown.scanned(closed_gate(10s));
  shown.scanned(report_of({row(1, "top/a", MiB(1))}, 20s));
  EXPECT_EQ(Json::parse(shown.json())["targets"][0]["trace"], "zz");
}

TEST(Metrics, KeepTheCountersWhileTheGateIsClosedAndNothingElse) {
  Metrics metrics{10};
  auto seen = row(1, "top/a", MiB(1));
  ReclaimJob job{};
  job.cgroup = seen.cgroup;
  metrics.scanned(report_of({seen}));
  metrics.reclaimed(job, {});
  const std::string scans{"scan_duration_seconds_count 1\n"}, gate{"manager_gate_closed "};
  EXPECT_NE(metrics.text().find(gate + "0\n"), std::string::npos);
  metrics.scanned(closed_gate(10s));
  const auto text = metrics.text();
  EXPECT_NE(text.find("cgroup_reclaims_total{cgroup=\"top/a\""), std::string::npos) << text;
  EXPECT_NE(text.find("cgroup_freed_bytes_total{cgroup=\"top/a\""), std::string::npos) << text;
  EXPECT_EQ(text.find("cgroup_usage_bytes{"), std::string::npos) << text;
  EXPECT_NE(text.find(gate + "1\n"), std::string::npos) << text;
  EXPECT_NE(text.find(scans), std::string::npos) << "a scan of no cgroups took no time: " << text;
}

TEST(Metrics, TellAtOnceOfWhatHangs) {
  Metrics metrics{10};
  EXPECT_NE(metrics.text().find("stuck_reclaims 0\n"), std::string::npos);
  metrics.scan_hung();
  metrics.stuck(2);
  const auto text = metrics.text();
  EXPECT_NE(text.find("errors_total{kind=\"scan_hung\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("stuck_reclaims 2\n"), std::string::npos) << text;
}

TEST(Metrics, DoNotCountAScanThatCouldReadNoParentAsTheLast) {
  Metrics metrics{10};
  metrics.scanned(report_of({}), false);
  EXPECT_NE(metrics.text().find("last_scan_timestamp_seconds 0\n"), std::string::npos) << metrics.text();
}

}  // namespace
}  // namespace cmm
