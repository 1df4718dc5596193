// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "daemon/metrics.hpp"

namespace cmm {
namespace {

std::set<std::string> found(const std::string& text, const std::regex& pattern) {
  std::set<std::string> all;
  for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match)
    all.insert(match->str());
  return all;
}

/// The metrics of a daemon that has something to say about everything.
std::string exported_text() {
  auto cgroup = std::make_shared<const Cgroup>(Cgroup{.id = {1}, .path = "a", .container_id = {}});
  Metrics metrics{1};
  ReclaimJob job{};
  job.cgroup = cgroup;
  metrics.reclaimed(job, {});
  auto ledger = std::make_shared<Ledger>();
  ledger->refaulted = Bytes{};
  ScanReport report;
  report.targets.push_back(
      {.cgroup = cgroup,
       .sample = MemorySample{.usage = {}, .effective_limit = {}, .cache = CacheSample{}},
       .marks = {},
       .decision = Skip{BelowThreshold{}},
       .rule = {},
       .ledger = ledger});
  metrics.scanned(std::make_shared<const ScanReport>(std::move(report)));
  return metrics.text();
}

std::set<std::string> exported() {
  return found(exported_text(), std::regex{"^[a-z_]+(?=[{ ])", std::regex::multiline});
}

TEST(MetricText, IsWhatPromtoolAccepts) {
  auto* promtool = ::popen("promtool check metrics 2>&1", "w");
  ASSERT_NE(promtool, nullptr);
  const auto text = exported_text();
  EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), promtool), text.size());
  EXPECT_EQ(::pclose(promtool), 0) << text;
}

class MetricNames : public testing::TestWithParam<const char*> {};

TEST_P(MetricNames, AreExported) {
  std::ifstream file{std::string{CMM_DEPLOY "/"} + GetParam()};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto used = found(text, std::regex{"cgroup_memory_manager_[a-z_]+"});
  EXPECT_THAT(used, testing::Not(testing::IsEmpty()));
  EXPECT_THAT(used, testing::IsSubsetOf(exported()));
}

INSTANTIATE_TEST_SUITE_P(Deploy, MetricNames,
                         testing::Values("prometheus/alerts.yaml", "grafana/dashboard.json"));

}  // namespace
}  // namespace cmm
