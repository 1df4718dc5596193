// SPDX-License-Identifier: Apache-2.0
#include "tool/inspection_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace cmm::tool {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<Bytes>& bytes) { return bytes ? Json(bytes->count()) : Json(nullptr); }
Json json_of(const std::optional<Percent>& percent) { return percent ? Json(percent->value) : Json(nullptr); }
Json json_of(const std::optional<std::uint64_t>& count) { return count ? Json(*count) : Json(nullptr); }
Json json_of(Limit limit) { return limit.is_max() ? Json("max") : Json(limit.value_or({}).count()); }
Json json_of(const std::optional<Limit>& limit) { return limit ? json_of(*limit) : Json(nullptr); }

Json json_of(const EffectiveLimit& limit) {
  return {{"bytes", limit.bytes.count()},
          {"cgroup", limit.cgroup.empty() ? Json(nullptr) : Json(limit.cgroup)},
          {"file", limit.cgroup.empty() ? Json("MemTotal") : Json(limit.file)}};
}

}  // namespace

Json to_json(const Inspection& seen) {
  return {{"cgroup", seen.path},
          {"usage", seen.usage.count()},
          {"peak", json_of(seen.peak)},
          {"memory_max", json_of(seen.memory_max)},
          {"memory_high", json_of(seen.memory_high)},
          {"swap_max", json_of(seen.swap_max)},
          {"effective_limit", json_of(seen.effective_limit)},
          {"anon", json_of(seen.stat.anon)},
          {"cache", json_of(seen.stat.file)},
          {"reclaimable", seen.reclaimable.count()},
          {"dirty", json_of(seen.stat.dirty)},
          {"writeback", json_of(seen.stat.writeback)},
          {"shmem", json_of(seen.stat.shmem)},
          {"mapped", json_of(seen.mapped)},
          {"active_file", json_of(seen.stat.active_file)},
          {"inactive_file", json_of(seen.stat.inactive_file)},
          {"swap", json_of(seen.swap)},
          {"refaulted", json_of(seen.refaults)},
          {"pressure",
           {{"some_avg10", json_of(seen.pressure.some)},
            {"full_avg10", json_of(seen.pressure.full)},
            {"of", seen.pressure.of_node ? "node" : "cgroup"}}},
          {"events",
           {{"high", json_of(seen.events.high)},
            {"max", json_of(seen.events.max)},
            {"oom", json_of(seen.events.oom)},
            {"oom_kill", json_of(seen.events.oom_kill)}}}};
}

std::string usage_bar(const Inspection& seen) {
  constexpr int kCells = 10;
  const auto limit = static_cast<double>(seen.effective_limit.bytes.count());
  const auto share = limit > 0 ? static_cast<double>(seen.usage.count()) / limit : 0;
  const int full = std::clamp(static_cast<int>(std::lround(share * kCells)), 0, kCells);
  std::string bar;
  for (int cell = 0; cell < kCells; ++cell) bar += cell < full ? "█" : "░";
  return fmt::format("{} {:>3.0f}%", bar, 100 * share);
}

std::string events_text(const MemoryEvents& events) {
  const std::array all{std::pair{"high", events.high}, std::pair{"max", events.max},
                       std::pair{"oom", events.oom}, std::pair{"oom_kill", events.oom_kill}};
  std::string text;
  for (const auto& [name, count] : all) {
    if (count.value_or(0) > 0) text += fmt::format("{}{} {}", text.empty() ? "" : " ", name, *count);
  }
  return text.empty() ? "-" : text;
}

std::string percent_text(const std::optional<Percent>& percent) {
  return percent ? fmt::format("{:.1f}%", percent->value) : "-";
}

}  // namespace cmm::tool
