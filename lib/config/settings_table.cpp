// SPDX-License-Identifier: Apache-2.0
#include "config/settings_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "config/text.hpp"

namespace cmm {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using Texts = std::span<const std::string>;

constexpr std::string_view what_to_watch = "What to watch";
constexpr std::string_view when_to_free = "When to free, and how much";
constexpr std::string_view how_to_run = "How to run";

constexpr std::string_view parent_forms =
    "an absolute path, or a path below the mount of the memory hierarchy like kubepods.slice";
constexpr std::string_view interval_forms =
    "100ms to 24h, as a duration like 10, 10s, 500ms, 1.5m or 1h (a bare number is seconds)";
constexpr std::string_view cooldown_forms =
    "0 to 720h, as a duration like 30, 30s, 500ms, 1.5m or 1h (a bare number is seconds)";
constexpr std::string_view level_forms = "debug, info, warn or error";
constexpr std::string_view flag_forms = "true or false";

constexpr std::array levels{std::pair{LogLevel::debug, std::string_view{"debug"}},
                            std::pair{LogLevel::info, std::string_view{"info"}},
                            std::pair{LogLevel::warn, std::string_view{"warn"}},
                            std::pair{LogLevel::error, std::string_view{"error"}}};

tl::unexpected<std::string> refused(std::string_view text, std::string_view why, std::string_view accepted) {
  return tl::unexpected{fmt::format("{}: {}; accepted: {}", in_quotes(text), why, accepted)};
}

/// Stores what was read, or hands on why it wasn't.
template <class T, class Member>
Parsed<void> store(const Parsed<T>& parsed, Member& member) {
  if (!parsed) return tl::unexpected{parsed.error()};
  member = *parsed;
  return {};
}

Parsed<Duration> parse_between(const std::string& text, Duration least, Duration most,
                               std::string_view accepted) {
  auto duration = parse_duration(text);
  if (!duration) return duration;
  if (*duration < least) return refused(text, "too short", accepted);
  if (*duration > most) return refused(text, "too long", accepted);
  return duration;
}

Parsed<bool> parse_flag(const std::string& text) {
  if (text != "true" && text != "false") return refused(text, "neither true nor false", flag_forms);
  return text == "true";
}

Parsed<LogLevel> parse_level(const std::string& text) {
  const auto* level = std::ranges::find(levels, text, &decltype(levels)::value_type::second);
  if (level == levels.end()) return refused(text, "unknown level", level_forms);
  return level->first;
}

/// The scan has to be repeatable at a pace that leaves a CPU alone, and to come round once a day.
constexpr Duration least_interval = milliseconds{100};
constexpr Duration most_interval = hours{24};
/// Far from where adding nanoseconds to the steady clock could overflow.
constexpr Duration most_cooldown = hours{24 * 30};

Parsed<void> set_parents(Settings& settings, Texts texts) {
  for (const auto& text : texts) {
    if (text.empty()) return refused(text, "nothing given", parent_forms);
    if (text.find('\0') != std::string::npos) return refused(text, "not a path", parent_forms);
  }
  settings.parents.assign(texts.begin(), texts.end());
  return {};
}

/// In double quotes: the one style of YAML in which every string can be written.
std::string yaml_string(std::string_view text) {
  std::string result{"\""};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += fmt::format("\\{}", c);
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string show_parents(const Settings& settings) {
  if (settings.parents.empty()) return {};
  std::string list;
  for (const auto& parent : settings.parents) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", yaml_string(parent));
  }
  return fmt::format("[{}]", list);
}

std::string show_flag(bool flag) { return flag ? "true" : "false"; }

constexpr std::array table{
    Setting{"parent", Shape::list, what_to_watch, "PATH",
            "Cgroup whose containers are watched; absolute, or below the mount of the memory hierarchy. "
            "May be given several times.",
            "the first that exists of kubepods.slice, kubepods, docker, machine.slice, system.slice",
            parent_forms, set_parents, show_parents},
    Setting{
        "threshold", Shape::value, when_to_free, "T",
        "Reclaimable page cache from which on a container's cache is freed: percent of its effective limit "
        "(its own, its ancestors' or the memory of the machine, whichever is least), or a size.",
        "", threshold_forms,
        [](Settings& s, Texts t) { return store(parse_threshold(t.front()), s.policy.threshold); },
        [](const Settings& s) { return to_string(s.policy.threshold); }},
    Setting{"target", Shape::value, when_to_free, "T",
            "Cache is freed down to here and no further; percent or size as above, 0 for all that can be "
            "dropped.",
            "80% of the threshold", target_forms,
            [](Settings& s, Texts t) { return store(parse_target(t.front()), s.policy.target); },
            [](const Settings& s) { return s.policy.target ? to_string(*s.policy.target) : std::string{}; }},
    Setting{"interval", Shape::value, when_to_free, "D", "Time between two scans, 100ms to 24h.", "",
            interval_forms,
            [](Settings& s, Texts t) {
              return store(parse_between(t.front(), least_interval, most_interval, interval_forms),
                           s.interval);
            },
            [](const Settings& s) { return to_text(s.interval); }},
    Setting{
        "cooldown", Shape::value, when_to_free, "D",
        "Least time between the starts of two reclaims of one container, failed ones included; 0 to 720h.",
        "", cooldown_forms,
        [](Settings& s, Texts t) {
          return store(parse_between(t.front(), Duration{0}, most_cooldown, cooldown_forms),
                       s.policy.cooldown);
        },
        [](const Settings& s) { return to_text(s.policy.cooldown); }},
    Setting{"allow_swap", Shape::flag, when_to_free, "",
            "Also reclaim where the kernel can't be held to page cache and might swap.", "", flag_forms,
            [](Settings& s, Texts t) { return store(parse_flag(t.front()), s.policy.allow_swap); },
            [](const Settings& s) { return show_flag(s.policy.allow_swap); }},
    Setting{"once", Shape::flag, how_to_run, "", "Scan once, reclaim, print the report as a table and exit.",
            "", flag_forms, [](Settings& s, Texts t) { return store(parse_flag(t.front()), s.once); },
            [](const Settings& s) { return show_flag(s.once); }},
    Setting{"dry_run", Shape::flag, how_to_run, "",
            "Decide and say what would be freed; nothing is opened for writing.", "", flag_forms,
            [](Settings& s, Texts t) { return store(parse_flag(t.front()), s.dry_run); },
            [](const Settings& s) { return show_flag(s.dry_run); }},
    Setting{"log_level", Shape::value, how_to_run, "L",
            "Least severity that is logged: debug, info, warn, error.", "", level_forms,
            [](Settings& s, Texts t) { return store(parse_level(t.front()), s.log_level); },
            [](const Settings& s) { return std::string{to_string(s.log_level)}; }},
};

/// Compared only where they can be without a limit: both percentages or both sizes.
bool is_above(const Amount& a, const Amount& b) { return a.index() == b.index() && a > b; }

}  // namespace

std::span<const Setting> settings_table() { return table; }

const Setting* find_setting(std::string_view key) {
  const auto* setting = std::ranges::find(table, key, &Setting::key);
  return setting == table.end() ? nullptr : setting;
}

std::vector<std::string_view> setting_keys() {
  std::vector<std::string_view> keys;
  keys.reserve(table.size());
  for (const auto& setting : table) keys.push_back(setting.key);
  return keys;
}

std::optional<Conflict> find_conflict(const Settings& settings) {
  const auto& threshold = settings.policy.threshold;
  const auto& target = settings.policy.target;
  if (target && is_above(*target, threshold)) {
    return Conflict{
        {"target", "threshold"},
        fmt::format("the target {} is above the threshold {}; accepted: a target up to the threshold",
                    to_string(*target), to_string(threshold))};
  }
  return std::nullopt;
}

std::string_view to_string(LogLevel level) {
  const auto* entry = std::ranges::find(levels, level, &decltype(levels)::value_type::first);
  return entry == levels.end() ? "?" : entry->second;
}

}  // namespace cmm
