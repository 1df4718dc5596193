// SPDX-License-Identifier: Apache-2.0
#include "daemon/log_reporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/describe.hpp"
#include "daemon/log.hpp"
#include "policy/rules.hpp"

namespace cmm {
namespace {

/// What a scan has to say about a target beyond its numbers.
struct Remark {
  std::string state;  ///< the same as long as there is nothing new to say; empty where all is well
  std::string text;
};

Remark remark(const Decision& decision, bool dry_run, TimePoint now) {
  const auto* skip = std::get_if<Skip>(&decision);
  if (skip == nullptr) {
    // How much it is differs from scan to scan.
    return dry_run ? Remark{"due", "would " + describe(decision, now)} : Remark{};
  }
  if (std::holds_alternative<Unreadable>(*skip)) {
    const auto text = describe(decision, now);
    return {text, text};
  }
  if (std::holds_alternative<WouldSwap>(*skip)) {
    return {std::string{reason(*skip)},
            "over its threshold, but reclaim would swap: left alone (--allow-swap reclaims all the same)"};
  }
  return {};
}

/// Whether a decision without a remark says that what was remarked is over: a cgroup that hangs or is under
/// pressure wasn't looked at so far.
bool is_fine(const Decision& decision) {
  const auto* skip = std::get_if<Skip>(&decision);
  return skip == nullptr ||
         (!std::holds_alternative<Stuck>(*skip) && !std::holds_alternative<UnderPressure>(*skip));
}

/// Calls `began` for what is new in `now`, `ended` for what has gone from `told`; told is what there is now.
template <class Began, class Ended>
void tell_changes(std::set<std::string>& told, std::set<std::string> now, const Began& began,
                  const Ended& ended) {
  for (const auto& each : now) {
    if (!told.contains(each)) began(each);
  }
  for (const auto& each : told) {
    if (!now.contains(each)) ended(each);
  }
  told = std::move(now);
}

/// Which cgroup a line is about, in the words of Kubernetes too where they are known.
std::vector<LogField> fields_of(const Cgroup& cgroup) {
  std::vector<LogField> fields{{"cgroup", cgroup.path}};
  if (!cgroup.container_id.empty()) fields.push_back({"container_id", cgroup.container_id});
  const auto& names = cgroup.workload.names;
  if (names.container.empty()) return fields;
  fields.push_back({"namespace", names.namespace_name});
  fields.push_back({"pod", names.pod});
  fields.push_back({"container", names.container});
  return fields;
}

std::vector<LogField> with(std::vector<LogField> fields, std::vector<LogField> more) {
  std::ranges::move(more, std::back_inserter(fields));
  return fields;
}

std::vector<LogField> fields_of(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  std::vector<LogField> fields{{"requested", outcome.requested},
                               {"freed", outcome.freed},
                               {"cache_before", outcome.cache_before},
                               {"cache_after", outcome.cache_after},
                               {"threshold", job.request.threshold},
                               {"target", job.request.target},
                               {"slices", std::uint64_t{outcome.slices}},
                               {"duration", outcome.duration},
                               {"cpu", outcome.cpu},
                               {"outcome", std::string{to_string(outcome.end)}}};
  if (outcome.error) fields.push_back({"error", outcome.error->message()});
  return with(fields_of(*job.cgroup), std::move(fields));
}

}  // namespace

void LogReporter::starting(const Settings& settings, const Startup& startup) {
  const auto& setup = startup.setup;
  log_event(LogLevel::info, "watching", {},
            fmt::format("{}{} on cgroup {} at {}: threshold {}, target {}, interval {}, cooldown {}{}",
                        describe(setup.parents),
                        startup.parents_chosen ? " (the first that exists; --parent names others)" : "",
                        setup.hierarchy.version == CgroupVersion::v1 ? "v1" : "v2", setup.hierarchy.mount,
                        to_string(settings.policy.threshold),
                        settings.policy.target ? to_string(*settings.policy.target) : "80% of the threshold",
                        describe(settings.interval), describe(settings.policy.cooldown),
                        settings.dry_run ? ", dry run" : ""));
  tell_awaited(startup.awaited);
  for (std::size_t place = 0; place < settings.rules.size(); ++place) {
    log_event(LogLevel::info, "rule", {},
              fmt::format("{}: {}", rule_name(settings.rules, place),
                          settings.rules[place].ignore ? "ignored" : "settings of its own"));
  }
  if (!startup.has_pressure) {
    log_event(LogLevel::info, "no_pressure", {},
              "this kernel doesn't measure memory pressure (PSI): max_pressure has no effect");
  }
  if (!startup.has_refaults) {
    log_event(LogLevel::info, "no_refaults", {},
              "this kernel doesn't count by cgroup the cache that is read again: cooldowns don't learn from "
              "that");
  }
  for (const auto& refused : setup.ability.refused_journals) {
    log_event(LogLevel::warn, "journal_refused", {},
              refused +
                  "; what it says is left as it is: memory.swappiness may still be 0 where a killed "
                  "daemon set that");
  }
  if (!setup.ability.spares_anon) {
    log_event(LogLevel::info, "may_swap", {},
              fmt::format("anonymous memory can't be spared ({}): cgroups that may swap are {}",
                          setup.ability.why_not,
                          settings.policy.allow_swap ? "reclaimed all the same" : "left alone"));
  }
}

void LogReporter::change(const Settings& settings) {
  configure_log(settings.log_level, settings.log_format);
  awaits_parents_ = settings.wait_for_parent;
  rules_need_names_ = need_names(settings.rules);
}

void LogReporter::reloaded() {
  log_event(LogLevel::info, "reloaded", {}, "the settings were read again and hold from the next scan on");
}

void LogReporter::reload_failed(const std::string& why) {
  log_event(LogLevel::error, "reload_failed", {{"error", why}}, "the settings stay as they were");
}

void LogReporter::scanned(const ScanReport& report) {
  tell_gate(report);
  if (report.gate_closed) return;
  tell_branches(report);
  tell_awaited(report.awaited);
  tell_names(report);
  for (const auto& lesson : report.lessons) tell_lesson(lesson);
  for (const auto& row : report.targets) tell_target(row, report.at);
  forget_gone(report);
  tell_emptiness(report);
  // Not from a little less on: a scan that takes just as long as it may would be told of again and again.
  if (overran_ && report.took < *overran_ / 2) overran_.reset();
  log_event(LogLevel::debug, "scanned",
            {{"targets", std::uint64_t{report.targets.size()}}, {"took", report.took}});
}

// A parent is empty for a moment before it is removed and after it is made: who waits for it needs no
// warning.
void LogReporter::tell_emptiness(const ScanReport& report) {
  const bool empty = report.targets.empty() && report.awaited.empty();
  const bool told = std::exchange(told_empty_, empty);
  if (told || !empty) return;
  log_event(awaits_parents_ ? LogLevel::info : LogLevel::warn, "nothing_to_watch", {},
            "no cgroups to watch below the parent yet");
}

void LogReporter::tell_gate(const ScanReport& report) {
  const bool closed = report.gate_closed.has_value();
  if (std::exchange(gate_closed_, closed) == closed) return;
  if (!closed) {
    return log_event(LogLevel::info, "gate_opened", {}, "the node is short of memory: watching again");
  }
  log_event(LogLevel::info, "gate_closed", {},
            fmt::format("the node has {} of {} available: nothing is looked at until it has less (when)",
                        human(report.gate_closed->available), human(report.gate_closed->total)));
}

void LogReporter::tell_lesson(const Lesson& lesson) {
  const LogValue refaulted = lesson.refaulted ? LogValue{*lesson.refaulted} : LogValue{std::string{"-"}};
  log_event(
      LogLevel::info, "learned",
      with(fields_of(*lesson.cgroup), {{"freed", lesson.freed},
                                       {"refaulted", refaulted},
                                       {"cooldown", std::chrono::duration<double>{lesson.cooldown}.count()},
                                       {"raise", lesson.raise}}));
}

void LogReporter::tell_branches(const ScanReport& report) {
  std::set<std::string> now;
  for (const auto& error : report.unreadable_branches) now.insert(error.message());
  tell_changes(
      unreadable_branches_, std::move(now),
      [](const std::string& message) {
        log_event(LogLevel::warn, "unreadable", {},
                  message + "; what is below it is watched only as far as it can be read");
      },
      [](const std::string& message) {
        log_event(LogLevel::info, "readable", {}, "no longer so: " + message);
      });
}

void LogReporter::tell_awaited(const std::vector<Parent>& parents) {
  std::set<std::string> now;
  for (const auto& parent : parents) now.insert(parent.path);
  tell_changes(
      awaited_, std::move(now),
      [](const std::string& path) {
        log_event(LogLevel::info, "waiting", {{"cgroup", path}},
                  path + " doesn't exist: it is watched as soon as it does");
      },
      [](const std::string& path) {
        log_event(LogLevel::info, "found", {{"cgroup", path}}, path + " exists by now: it is watched");
      });
}

// A host without Kubernetes has no such links, and doesn't want to hear of them.
void LogReporter::tell_names(const ScanReport& report) {
  const auto is_in_a_pod = [](const TargetReport& row) { return !row.cgroup->workload.pod_uid.empty(); };
  const bool missing =
      report.names_error && (rules_need_names_ || std::ranges::any_of(report.targets, is_in_a_pod));
  if (std::exchange(names_missing_, missing) == missing) return;
  if (!missing)
    return log_event(LogLevel::info, "names_known", {}, "the names of containers are known again");
  log_event(LogLevel::warn, "names_unknown", {{"error", report.names_error->message()}},
            "namespace, pod and container are unknown, and rules that ask for them match nothing "
            "(container_logs)");
}

void LogReporter::tell_target(const TargetReport& row, TimePoint now) {
  auto [state, text] = remark(row.decision, dry_run_, now);
  const auto told = told_.find(row.cgroup->id);
  if (state.empty()) {
    if (told == told_.end() || !is_fine(row.decision)) return;
    log_event(LogLevel::info, "fine", fields_of(*row.cgroup),
              "is fine again: " + describe(row.decision, now));
    told_.erase(told);
    return;
  }
  const bool is_due = std::holds_alternative<ReclaimRequest>(row.decision);
  const bool again = told != told_.end() && told->second == state;
  const auto level = again ? LogLevel::debug : is_due ? LogLevel::info : LogLevel::warn;
  told_[row.cgroup->id] = std::move(state);
  log_event(level, is_due ? "would_reclaim" : "left_alone", fields_of(*row.cgroup), text);
}

void LogReporter::forget_gone(const ScanReport& report) {
  if (told_.empty() && failing_.empty()) return;
  std::unordered_set<CgroupId, CgroupId::Hash> alive;
  for (const auto& row : report.targets) alive.insert(row.cgroup->id);
  const auto is_gone = [&](const auto& entry) { return !alive.contains(entry.first); };
  std::erase_if(told_, is_gone);
  std::erase_if(failing_, is_gone);
}

void LogReporter::reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  const auto fields = fields_of(job, outcome);
  if (!outcome.error) {
    failing_.erase(job.cgroup->id);
    return log_event(LogLevel::info, "reclaimed", fields);
  }
  auto& told = failing_[job.cgroup->id];
  auto why = outcome.error->message();
  log_event(told == why ? LogLevel::debug : LogLevel::warn, "reclaimed", fields);
  told = std::move(why);
}

void LogReporter::scan_hangs(const Cgroup& cgroup) {
  log_event(LogLevel::warn, "scan_hangs", fields_of(cgroup),
            "a call on its files hangs in the kernel: it is left alone, the others go on");
}

void LogReporter::scan_came_back(const Cgroup& cgroup, Duration hung) {
  log_event(LogLevel::info, "scan_came_back", fields_of(cgroup),
            fmt::format("the kernel came back after {}; it rests for ten times as long", describe(hung)));
}

void LogReporter::reclaim_hangs(const Cgroup& cgroup) {
  log_event(LogLevel::warn, "reclaim_hangs", fields_of(cgroup),
            "its reclaim hangs in the kernel: others take its slot until it comes back");
}

void LogReporter::overran(Duration took, Duration due_after) {
  // When the next one is due changes from scan to scan.
  const bool told = overran_.has_value();
  overran_ = told ? std::min(*overran_, due_after) : due_after;
  if (told) return;
  log_event(
      LogLevel::warn, "overran", {},
      fmt::format("a scan took {}, and the next one was due after {}: the scans that it missed are left out",
                  describe(took), describe(due_after)));
}

}  // namespace cmm
