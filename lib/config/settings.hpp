// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/reclaim_policy.hpp"
#include "model/time.hpp"

namespace cmm {

enum class LogLevel { debug, info, warn, error };

/// Everything that an operator can set. The members' initial values are the defaults; config/
/// cgroup-memory-manager.yaml documents each one.
struct Settings {
  std::vector<std::string>
      parents;  ///< as given: absolute, or below the hierarchy's mount; empty: look for one
  ReclaimPolicy policy;
  Duration interval = std::chrono::seconds{10};
  LogLevel log_level = LogLevel::info;
  bool once = false;
  bool dry_run = false;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace cmm
