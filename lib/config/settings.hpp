// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "model/cycle_budget.hpp"
#include "model/gate.hpp"
#include "model/reclaim_policy.hpp"
#include "model/rule.hpp"
#include "model/time.hpp"

namespace cmm {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

/// Who may see, over HTTP, what the daemon does.
struct MetricsSettings {
  std::string listen;       ///< address and port, or the path of a Unix socket; empty: off
  unsigned cgroups = 1000;  ///< so many get series of their own, those with the most reclaimable cache

  friend bool operator==(const MetricsSettings&, const MetricsSettings&) = default;
};

/// Everything that an operator can set. The members' initial values are the defaults; config/
/// cgroup-memory-manager.yaml documents each one.
struct Settings {
  std::vector<std::string>
      parents;                   ///< as given: absolute, or below the hierarchy's mount; empty: look for one
  bool wait_for_parent = false;  ///< begin without those that don't exist yet
  std::string cgroup_root;       ///< the host's cgroup mounts lie at or below it; empty: wherever they are
  std::string container_logs = "/var/log/containers";  ///< where the kubelet links the logs of containers
  ReclaimPolicy policy;
  Rules rules;
  Gate when;
  CycleBudget budget;
  Duration interval = std::chrono::seconds{10};
  std::optional<Duration> interval_min;  ///< unset: 1 s, or the interval where that is shorter
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  MetricsSettings metrics;
  bool once = false;
  bool dry_run = false;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace cmm
