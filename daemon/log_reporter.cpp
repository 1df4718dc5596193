// SPDX-License-Identifier: Apache-2.0
#include "daemon/log_reporter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <unordered_set>
#include <utility>

#include "daemon/describe.hpp"

namespace cmm {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// What a scan has to say about a target beyond its numbers; empty where all is well.
std::string remark(const Decision& decision, bool dry_run, TimePoint now) {
  const auto* skip = std::get_if<Skip>(&decision);
  if (skip == nullptr) return dry_run ? "would " + describe(decision, now) : "";
  if (std::holds_alternative<Unreadable>(*skip)) return describe(decision, now);
  if (std::holds_alternative<WouldSwap>(*skip)) {
    return "over its threshold, but reclaim would swap: left alone (--allow-swap reclaims all the same)";
  }
  return {};
}

std::string outcome_line(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  auto line = fmt::format(
      "reclaimed cgroup={} container={} requested={} freed={} cache_before={} cache_after={} threshold={} "
      "target={} slices={} duration={} outcome=\"{}\"",
      job.cgroup->path, job.cgroup->container_id.empty() ? "-" : job.cgroup->container_id,
      outcome.requested.count(), outcome.freed.count(), outcome.cache_before.count(),
      outcome.cache_after.count(), job.request.threshold.count(), job.request.target.count(), outcome.slices,
      describe(outcome.duration), to_string(outcome.end));
  if (outcome.error) line += fmt::format(" error=\"{}\"", outcome.error->message());
  return line;
}

}  // namespace

void configure_log(LogLevel level) {
  // Standard output is for what was asked for (--once, --check-config).
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->set_level(spdlog_level(level));
  spdlog::set_default_logger(std::move(logger));
}

void LogReporter::starting(const Settings& settings, const Startup& startup) {
  const auto& setup = startup.setup;
  std::vector<std::string> parents;
  for (const auto& parent : setup.parents) parents.push_back(parent.path);
  spdlog::info("watching {}{} on cgroup {} at {}: threshold {}, target {}, interval {}, cooldown {}{}",
               fmt::join(parents, ", "),
               startup.parents_chosen ? " (the first that exists; --parent names others)" : "",
               setup.hierarchy.version == CgroupVersion::v1 ? "v1" : "v2", setup.hierarchy.mount,
               to_string(settings.policy.threshold),
               settings.policy.target ? to_string(*settings.policy.target) : "80% of the threshold",
               describe(settings.interval), describe(settings.policy.cooldown),
               settings.dry_run ? ", dry run" : "");
  if (!setup.ability.spares_anon) {
    spdlog::info("anonymous memory can't be spared ({}): cgroups that may swap are {}", setup.ability.why_not,
                 settings.policy.allow_swap ? "reclaimed all the same" : "left alone");
  }
}

void LogReporter::scanned(const ScanReport& report) {
  tell_branches(report);
  for (const auto& row : report.targets) tell_target(row, report.at);
  forget_gone(report);
  if (report.targets.empty() && !std::exchange(told_empty_, true)) {
    spdlog::warn("no cgroups to watch below the parent yet");
  }
  if (!report.targets.empty()) told_empty_ = false;
  if (report.took < interval_) overrunning_ = false;
  spdlog::debug("scanned targets={} took={}", report.targets.size(), describe(report.took));
}

void LogReporter::tell_branches(const ScanReport& report) {
  std::set<std::string> now;
  for (const auto& error : report.unreadable_branches) now.insert(error.message());
  for (const auto& message : now) {
    if (!unreadable_branches_.contains(message)) spdlog::warn("{}; what is below it isn't watched", message);
  }
  for (const auto& message : unreadable_branches_) {
    if (!now.contains(message)) spdlog::info("no longer so: {}", message);
  }
  unreadable_branches_ = std::move(now);
}

void LogReporter::tell_target(const TargetReport& row, TimePoint now) {
  const auto text = remark(row.decision, dry_run_, now);
  const auto told = told_.find(row.cgroup->id);
  if (text.empty()) {
    if (told == told_.end()) return;
    spdlog::info("cgroup={} is fine again: {}", row.cgroup->path, describe(row.decision, now));
    told_.erase(told);
    return;
  }
  const bool again = told != told_.end();
  told_[row.cgroup->id] = text;
  if (again) return spdlog::debug("cgroup={} {}", row.cgroup->path, text);
  spdlog::log(dry_run_ ? spdlog::level::info : spdlog::level::warn, "cgroup={} {}", row.cgroup->path, text);
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
  const auto line = outcome_line(job, outcome);
  if (!outcome.error) {
    failing_.erase(job.cgroup->id);
    return spdlog::info("{}", line);
  }
  auto& told = failing_[job.cgroup->id];
  auto why = outcome.error->message();
  spdlog::log(told == why ? spdlog::level::debug : spdlog::level::warn, "{}", line);
  told = std::move(why);
}

void LogReporter::overran(Duration took) {
  if (std::exchange(overrunning_, true)) return;
  spdlog::warn("a scan took {}, longer than the interval of {}: the scans that it missed are left out",
               describe(took), describe(interval_));
}

}  // namespace cmm
