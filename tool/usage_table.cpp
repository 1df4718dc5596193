// SPDX-License-Identifier: Apache-2.0
#include "tool/usage_table.hpp"

#include <fmt/format.h>

#include "cgroupfs/inspect.hpp"
#include "config/text.hpp"
#include "tool/failure.hpp"
#include "tool/inspection_text.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

constexpr const char* kRow = "{:>10} {:>10}  {:<15} {:>10} {:>11} {:>10} {:>6} {:>10}  {:<16} {}";

std::string size(const std::optional<Bytes>& bytes) { return bytes ? human(*bytes) : "-"; }

}  // namespace

std::optional<UsageRow> UsageWatch::look(const std::string& path) {
  auto seen = inspect(memory_hierarchy(), path);
  if (!seen && is_gone(seen.error().code)) {
    before_.erase(path);
    return std::nullopt;
  }
  UsageRow row{value_of(std::move(seen)), std::nullopt};
  if (!row.seen.refaults) return row;
  const auto now = std::chrono::steady_clock::now();
  const auto before = before_.find(path);
  if (before != before_.end()) {
    const auto seconds = std::chrono::duration<double>(now - before->second.at).count();
    const auto more = static_cast<double>((*row.seen.refaults - before->second.refaults).count());
    if (seconds > 0) row.refaults_per_second = Bytes{static_cast<std::uint64_t>(more / seconds)};
  }
  before_[path] = {now, *row.seen.refaults};
  return row;
}

std::string usage_heading() {
  return fmt::format(kRow, "USAGE", "LIMIT", "", "CACHE", "RECLAIMABLE", "ANON", "PSI", "REFAULT/s", "EVENTS",
                     "CGROUP");
}

std::string usage_line(const UsageRow& row) {
  const auto& seen = row.seen;
  return fmt::format(kRow, human(seen.usage), human(seen.effective_limit.bytes), usage_bar(seen),
                     size(seen.stat.file), human(seen.reclaimable), size(seen.stat.anon),
                     percent_text(seen.pressure.some), size(row.refaults_per_second),
                     events_text(seen.events), printable(seen.path));
}

}  // namespace cmm::tool
