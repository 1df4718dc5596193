// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_line.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/describe.hpp"

namespace cmm {
namespace {

bool is_over(const TargetReport& row) {
  return row.sample && row.sample->cache && row.sample->cache->reclaimable >= row.marks.threshold;
}

std::string number_of(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

void StatusLine::change(const std::vector<Parent>& parents) { parents_ = describe(parents); }

void StatusLine::scanned(const ScanReport& report) {
  gate_closed_ = report.gate_closed.has_value();
  targets_ = report.targets.size();
  over_ = static_cast<std::size_t>(std::ranges::count_if(report.targets, is_over));
}

void StatusLine::reclaimed(const ReclaimOutcome& outcome) {
  ++reclaims_;
  freed_ += outcome.freed;
}

std::string StatusLine::text() const {
  auto text = gate_closed_
                  ? fmt::format("the node has memory enough: nothing below {} is looked at", parents_)
                  : fmt::format("watching {} below {}, {} over {} threshold",
                                number_of(targets_, "cgroup", "cgroups"), parents_, over_,
                                over_ == 1 ? "its" : "their");
  if (reclaims_ > 0)
    text += fmt::format("; freed {} in {}", human(freed_), number_of(reclaims_, "reclaim", "reclaims"));
  if (!reload_error_.empty()) text += "; last reload failed: " + reload_error_;
  return text;
}

}  // namespace cmm
