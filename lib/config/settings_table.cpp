// SPDX-License-Identifier: Apache-2.0
#include "config/settings_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>
#include <variant>

#include "config/gate_text.hpp"
#include "config/metrics_text.hpp"
#include "config/setting_value.hpp"
#include "config/text.hpp"

namespace cmm {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using Texts = std::span<const std::string>;

constexpr std::string_view what_to_watch = "What to watch";
constexpr std::string_view when_to_free = "When to free, and how much";
constexpr std::string_view at_what_cost = "What one scan may cost";
constexpr std::string_view how_to_run = "How to run";

constexpr std::string_view parent_forms =
    "an absolute path, or a path below the mount of the memory hierarchy like kubepods.slice";
constexpr std::string_view directory_forms = "an absolute path like /var/log/containers";
constexpr std::string_view interval_forms =
    "100ms to 24h, as a duration like 10, 10s, 500ms, 1.5m or 1h (a bare number is seconds)";
constexpr std::string_view cooldown_forms =
    "0 to 720h, as a duration like 30, 30s, 500ms, 1.5m or 1h (a bare number is seconds)";
constexpr std::string_view budget_bytes_forms =
    "a size above 0 like 200 MiB, 1.5 GB or 104857600 (B; kB, KB, K; KiB, Ki; M, G and T likewise)";
constexpr std::string_view budget_cpu_forms =
    "1ms to 1h, as a duration like 1, 1s, 500ms or 1.5m (a bare number is seconds)";
constexpr std::string_view max_reclaims_forms = "a whole number from 1 to 64";
constexpr std::string_view level_forms = "debug, info, warn or error";
constexpr std::string_view format_forms = "text or json";
constexpr std::string_view flag_forms = "true or false";

constexpr std::array levels{std::pair{LogLevel::debug, std::string_view{"debug"}},
                            std::pair{LogLevel::info, std::string_view{"info"}},
                            std::pair{LogLevel::warn, std::string_view{"warn"}},
                            std::pair{LogLevel::error, std::string_view{"error"}}};

/// Stores what was read, or hands on why it wasn't.
template <class T, class Member>
Parsed<void> store(const Parsed<T>& parsed, Member& member) {
  if (!parsed) return tl::unexpected{parsed.error()};
  member = *parsed;
  return {};
}

Parsed<LogLevel> parse_level(const std::string& text) {
  const auto* level = std::ranges::find(levels, text, &decltype(levels)::value_type::second);
  if (level == levels.end()) return refused(text, "unknown level", level_forms);
  return level->first;
}

Parsed<LogFormat> parse_format(const std::string& text) {
  if (text == "text") return LogFormat::text;
  if (text == "json") return LogFormat::json;
  return refused(text, "unknown format", format_forms);
}

/// The scan has to be repeatable at a pace that leaves a CPU alone, and to come round once a day.
constexpr Duration least_interval = milliseconds{100};
constexpr Duration most_interval = hours{24};
/// Far from where adding nanoseconds to the steady clock could overflow.
constexpr Duration most_cooldown = hours{24 * 30};
constexpr Duration least_budget = milliseconds{1};
constexpr Duration most_budget = hours{1};
/// Each is a thread that may hang in the kernel.
constexpr unsigned most_reclaims = 64;

Parsed<std::string> parse_directory(const std::string& text) {
  if (text.empty()) return refused(text, "nothing given", directory_forms);
  if (text.front() != '/' || text.find('\0') != std::string::npos)
    return refused(text, "not an absolute path", directory_forms);
  return text;
}

std::string show_directory(const std::string& path) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '-';
  };
  return std::ranges::all_of(path, is_plain) ? path : yaml_string(path);
}

Parsed<void> set_parents(Settings& settings, Texts texts) {
  for (const auto& text : texts) {
    if (text.empty()) return refused(text, "nothing given", parent_forms);
    if (text.find('\0') != std::string::npos) return refused(text, "not a path", parent_forms);
  }
  settings.parents.assign(texts.begin(), texts.end());
  return {};
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
            "kubepods.slice or kubepods, also as kind and minikube nest them; else the first that exists of "
            "docker, machine.slice, system.slice",
            parent_forms, set_parents, show_parents},
    Setting{
        "wait_for_parent", Shape::flag, what_to_watch, "",
        "Also start while a cgroup that is named with --parent doesn't exist: it is watched as soon as it "
        "does.",
        "", flag_forms,
        [](Settings& s, Texts t) { return store(parse_flag(t.front(), flag_forms), s.wait_for_parent); },
        [](const Settings& s) { return show_flag(s.wait_for_parent); }},
    Setting{"cgroup_root", Shape::value, what_to_watch, "DIR",
            "Where the host's cgroup file systems are mounted, in a container that has its own beside them: "
            "only mounts at or below this directory are looked at.",
            "wherever they are", directory_forms,
            [](Settings& s, Texts t) { return store(parse_directory(t.front()), s.cgroup_root); },
            [](const Settings& s) { return show_directory(s.cgroup_root); }},
    Setting{"container_logs", Shape::value, what_to_watch, "DIR",
            "Where the kubelet links the logs of containers; the links' names tell namespace, pod and "
            "container.",
            "", directory_forms,
            [](Settings& s, Texts t) { return store(parse_directory(t.front()), s.container_logs); },
            [](const Settings& s) { return show_directory(s.container_logs); }},
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
    Setting{"interval", Shape::value, when_to_free, "D", "Longest time between two scans, 100ms to 24h.", "",
            interval_forms,
            [](Settings& s, Texts t) {
              return store(parse_between(t.front(), least_interval, most_interval, interval_forms),
                           s.interval);
            },
            [](const Settings& s) { return to_text(s.interval); }},
    Setting{"interval_min", Shape::value, when_to_free, "D",
            "Shortest time between two scans, 100ms to 24h and not above the interval; between the two it "
            "adapts.",
            "1s, or the interval where that is shorter", interval_forms,
            [](Settings& s, Texts t) {
              return store(parse_between(t.front(), least_interval, most_interval, interval_forms),
                           s.interval_min);
            },
            [](const Settings& s) { return s.interval_min ? to_text(*s.interval_min) : std::string{}; }},
    Setting{
        "cooldown", Shape::value, when_to_free, "D",
        "Least time between the starts of two reclaims of one container, failed ones included; 0 to 720h.",
        "", cooldown_forms,
        [](Settings& s, Texts t) {
          return store(parse_between(t.front(), Duration{0}, most_cooldown, cooldown_forms),
                       s.policy.cooldown);
        },
        [](const Settings& s) { return to_text(s.policy.cooldown); }},
    Setting{"max_pressure", Shape::value, when_to_free, "P",
            "A container whose memory pressure (some avg10 of PSI) is above this is left alone.", "",
            percent_forms,
            [](Settings& s, Texts t) { return store(parse_percent(t.front()), s.policy.max_pressure); },
            [](const Settings& s) { return to_string(s.policy.max_pressure); }},
    Setting{"when", Shape::map, when_to_free, "W",
            "When cache is freed at all: always, or only while less than a share of the node's memory is "
            "available, as node_available_below=15%. Available is MemAvailable, or what the kubelet goes by "
            "with ,node_available=kubelet.",
            "", gate_forms, [](Settings& s, Texts t) { return store(parse_gate(t), s.when); },
            [](const Settings& s) { return to_yaml(s.when); }, gate_keys},
    Setting{
        "allow_swap", Shape::flag, when_to_free, "",
        "Also reclaim where the kernel can't be held to page cache and might swap.", "", flag_forms,
        [](Settings& s, Texts t) { return store(parse_flag(t.front(), flag_forms), s.policy.allow_swap); },
        [](const Settings& s) { return show_flag(s.policy.allow_swap); }},
    Setting{"budget_bytes", Shape::value, at_what_cost, "SIZE",
            "Page cache that the reclaims of one scan may free together.", "no bound", budget_bytes_forms,
            [](Settings& s, Texts t) {
              return store(parse_size_above_zero(t.front(), budget_bytes_forms), s.budget.bytes);
            },
            [](const Settings& s) { return s.budget.bytes ? to_string(*s.budget.bytes) : std::string{}; }},
    Setting{"budget_cpu", Shape::value, at_what_cost, "D",
            "CPU time that the reclaims of one scan may take together, 1ms to 1h.", "", budget_cpu_forms,
            [](Settings& s, Texts t) {
              return store(parse_between(t.front(), least_budget, most_budget, budget_cpu_forms),
                           s.budget.cpu);
            },
            [](const Settings& s) { return to_text(s.budget.cpu); }},
    Setting{"max_reclaims", Shape::value, at_what_cost, "N",
            "Reclaims at the same time, 1 to 64; the others wait for their turn.", "", max_reclaims_forms,
            [](Settings& s, Texts t) {
              return store(parse_between(t.front(), 1U, most_reclaims, max_reclaims_forms),
                           s.budget.concurrent);
            },
            [](const Settings& s) { return std::to_string(s.budget.concurrent); }},
    Setting{
        "metrics", Shape::map, how_to_run, "M",
        "Serve Prometheus metrics and a page over HTTP: listen=127.0.0.1:9753, [::1]:9753 or the path of a "
        "Unix socket, and with ,cgroups=N at most so many cgroups with series of their own (1000).",
        "", metrics_forms, [](Settings& s, Texts t) { return store(parse_metrics(t), s.metrics); },
        [](const Settings& s) { return to_yaml(s.metrics); }, metrics_keys},
    Setting{"once", Shape::flag, how_to_run, "", "Scan once, reclaim, print the report as a table and exit.",
            "", flag_forms,
            [](Settings& s, Texts t) { return store(parse_flag(t.front(), flag_forms), s.once); },
            [](const Settings& s) { return show_flag(s.once); }},
    Setting{"dry_run", Shape::flag, how_to_run, "",
            "Decide and say what would be freed; nothing is opened for writing.", "", flag_forms,
            [](Settings& s, Texts t) { return store(parse_flag(t.front(), flag_forms), s.dry_run); },
            [](const Settings& s) { return show_flag(s.dry_run); }},
    Setting{"log_level", Shape::value, how_to_run, "L",
            "Least severity that is logged: debug, info, warn, error.", "", level_forms,
            [](Settings& s, Texts t) { return store(parse_level(t.front()), s.log_level); },
            [](const Settings& s) { return std::string{to_string(s.log_level)}; }},
    Setting{"log_format", Shape::value, how_to_run, "F",
            "Form of the log: text, or json with an object for each line.", "", format_forms,
            [](Settings& s, Texts t) { return store(parse_format(t.front()), s.log_format); },
            [](const Settings& s) { return std::string{s.log_format == LogFormat::json ? "json" : "text"}; }},
};

/// Compared only where they can be without a limit: both percentages or both sizes.
bool is_above(const Amount& a, const Amount& b) { return a.index() == b.index() && a > b; }

std::optional<std::string> conflict_of(const std::optional<Amount>& target, const Amount& threshold) {
  if (!target || !is_above(*target, threshold)) return std::nullopt;
  return fmt::format("the target {} is above the threshold {}; accepted: a target up to the threshold",
                     to_string(*target), to_string(threshold));
}

/// A rule's target goes with the threshold for all where the rule has none of its own.
std::optional<Conflict> rule_conflict(const Rules& rules, const Amount& threshold_for_all) {
  for (std::size_t place = 0; place < rules.size(); ++place) {
    const auto& rule = rules[place];
    const auto message = conflict_of(rule.target, rule.threshold.value_or(threshold_for_all));
    if (message) return Conflict{{"rules", "threshold"}, fmt::format("rule {}: {}", place + 1, *message)};
  }
  return std::nullopt;
}

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
  if (auto message = conflict_of(settings.policy.target, settings.policy.threshold)) {
    return Conflict{{"target", "threshold"}, *std::move(message)};
  }
  if (settings.interval_min && *settings.interval_min > settings.interval) {
    return Conflict{{"interval_min", "interval"},
                    fmt::format("the shortest interval {} is above the interval {}; accepted: an "
                                "interval_min up to the interval",
                                to_text(*settings.interval_min), to_text(settings.interval))};
  }
  return rule_conflict(settings.rules, settings.policy.threshold);
}

std::string_view to_string(LogLevel level) {
  const auto* entry = std::ranges::find(levels, level, &decltype(levels)::value_type::first);
  return entry == levels.end() ? "?" : entry->second;
}

}  // namespace cmm
