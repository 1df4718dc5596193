// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "config/settings.hpp"
#include "daemon/startup.hpp"
#include "engine/report.hpp"
#include "policy/rules.hpp"

namespace cmm {

/// Tells scans and reclaims to the log, on stderr. What lasts is told when it changes, not at every scan. For
/// one thread.
class LogReporter {
 public:
  explicit LogReporter(const Settings& settings)
      : dry_run_(settings.dry_run),
        awaits_parents_(settings.wait_for_parent),
        rules_need_names_(need_names(settings.rules)) {}

  void starting(const Settings& settings, const Startup& startup);
  /// The settings were changed by a reload.
  void change(const Settings& settings);
  void reloaded();
  void reload_failed(const std::string& why);
  void scanned(const ScanReport& report);
  void reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome);
  void overran(Duration took, Duration due_after);
  void scan_hangs(const Cgroup& cgroup);
  void scan_came_back(const Cgroup& cgroup, Duration hung);
  void reclaim_hangs(const Cgroup& cgroup);

 private:
  void tell_gate(const ScanReport& report);
  void tell_lesson(const Lesson& lesson);
  void tell_emptiness(const ScanReport& report);
  void tell_branches(const ScanReport& report);
  void tell_awaited(const std::vector<Parent>& parents);
  void tell_names(const ScanReport& report);
  void tell_target(const TargetReport& row, TimePoint now);
  void forget_gone(const ScanReport& report);

  bool dry_run_;
  bool awaits_parents_;
  bool rules_need_names_;
  bool names_missing_ = false;
  std::optional<Duration> overran_;  // told: the least time after which a next scan was due then
  bool told_empty_ = false;
  bool gate_closed_ = false;
  std::set<std::string> unreadable_branches_;
  std::set<std::string> awaited_;
  std::unordered_map<CgroupId, std::string, CgroupId::Hash> told_;     // state: the remark that still holds
  std::unordered_map<CgroupId, std::string, CgroupId::Hash> failing_;  // why the last reclaim failed
};

}  // namespace cmm
