// SPDX-License-Identifier: Apache-2.0
#include "daemon/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "config/text.hpp"
#include "daemon/describe.hpp"

namespace cmm {
namespace {

constexpr const char* kTableRow = "{:>11}  {:>11}  {:>11}  {:>11}  {:<34}  {}\n";

Bytes reclaimable(const TargetReport& row) {
  return row.sample && row.sample->cache ? row.sample->cache->reclaimable : Bytes{};
}

Bytes usage(const TargetReport& row) { return row.sample ? row.sample->usage : Bytes{}; }

std::string outcome_text(const ReclaimOutcome& outcome) {
  return fmt::format("freed {}, {}", human(outcome.freed), to_string(outcome.end));
}

std::string format_row(const TargetReport& row, std::string what) {
  if (row.rule) what += fmt::format(" (rule {})", *row.rule + 1);
  const auto name = printable(name_and_path(row.cgroup->workload.names, row.cgroup->path));
  if (!row.sample) return fmt::format(kTableRow, "-", "-", "-", "-", what, name);
  const auto& sample = *row.sample;
  return fmt::format(kTableRow, human(sample.usage), sample.cache ? human(sample.cache->reclaimable) : "-",
                     human(row.marks.threshold), human(sample.effective_limit), what, name);
}

}  // namespace

std::string to_table(const ScanReport& report, const Outcomes& outcomes,
                     const std::vector<CgroupRef>& hanging) {
  const auto what_of = [&](const TargetReport& row) -> std::string {
    const auto outcome = outcomes.find(row.cgroup->id);
    if (outcome != outcomes.end()) return outcome_text(outcome->second);
    const bool hangs =
        std::ranges::any_of(hanging, [&](const auto& cgroup) { return cgroup->id == row.cgroup->id; });
    return hangs ? "its reclaim hangs in the kernel" : printable(describe(row.decision, report.at));
  };
  std::vector<const TargetReport*> rows;
  rows.reserve(report.targets.size());
  for (const auto& row : report.targets) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
    return std::pair{reclaimable(*a), usage(*a)} > std::pair{reclaimable(*b), usage(*b)};
  });

  auto text = fmt::format(kTableRow, "USAGE", "RECLAIMABLE", "THRESHOLD", "LIMIT", "DECISION", "CGROUP");
  for (const auto* row : rows) text += format_row(*row, what_of(*row));
  for (const auto& error : report.unreadable_branches)
    text += fmt::format("unreadable: {}\n", printable(error.message()));
  if (report.gate_closed) {
    return fmt::format("nothing was looked at: the node has {} of {} available (when)\n",
                       human(report.gate_closed->available), human(report.gate_closed->total));
  }
  if (rows.empty()) text += "no cgroups to watch below the parent\n";
  return text;
}

}  // namespace cmm
