// SPDX-License-Identifier: Apache-2.0
#include "tool/usage_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cgroupfs/inspect.hpp"
#include "config/text.hpp"
#include "tool/failure.hpp"
#include "tool/inspection_text.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

// The cgroup, and by what it is about to be killed, first: a narrow terminal shows no more.
constexpr const char* kRow = "{}  {:>10} {:>10}  {:<15} {:>10} {:>11} {:>10} {:>6} {:>10}  {}";
// All behind the name, with room for some events.
constexpr std::size_t kOtherColumns = 112;
constexpr std::size_t kLeast = 24;
constexpr std::size_t kMost = 64;

// A byte that continues a character of UTF-8 takes no column.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

std::string or_dash(const std::optional<Bytes>& bytes) { return bytes ? human(*bytes) : "-"; }

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

NameColumn NameColumn::of(std::size_t columns) {
  const auto left = columns > kOtherColumns ? columns - kOtherColumns : 0;
  return {.width = std::clamp(left, kLeast, kMost), .cut = true};
}

std::string NameColumn::show(const std::string& name) const {
  auto shown = printable(name);
  auto characters = static_cast<std::size_t>(std::ranges::count_if(shown, begins_character));
  if (characters <= width) return shown + std::string(width - characters, ' ');
  if (!cut) return shown;
  auto from = shown.begin();
  for (; characters >= width; --characters) from = std::find_if(from + 1, shown.end(), begins_character);
  return "…" + std::string{from, shown.end()};
}

std::string usage_heading(const NameColumn& names) {
  return fmt::format(kRow, names.show("CGROUP"), "USAGE", "LIMIT", "", "CACHE", "RECLAIMABLE", "ANON", "PSI",
                     "REFAULT/s", "EVENTS");
}

std::string usage_line(const UsageRow& row, const NameColumn& names) {
  const auto& seen = row.seen;
  return fmt::format(kRow, names.show(seen.path), human(seen.usage), human(seen.effective_limit.bytes),
                     usage_bar(seen), or_dash(seen.stat.file), human(seen.reclaimable),
                     or_dash(seen.stat.anon), percent_text(seen.pressure.some),
                     or_dash(row.refaults_per_second), events_text(seen.events));
}

}  // namespace cmm::tool
