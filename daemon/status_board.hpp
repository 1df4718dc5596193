// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "cgroupfs/reclaimer.hpp"
#include "config/settings.hpp"
#include "engine/engine.hpp"
#include "engine/report.hpp"

namespace cmm {

/// What there is to see of the daemon: the last scan, the last minutes of each cgroup's usage, and the recent
/// reclaims. `status`, `explain` and the page all read it, as one JSON document.
class StatusBoard {
 public:
  StatusBoard(const Settings& settings, const EngineSetup& setup) { change(settings, setup); }

  void change(const Settings& settings, const EngineSetup& setup);
  void scanned(const std::shared_ptr<const ScanReport>& report);
  void reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome);
  /// `error` is empty where it went well.
  void reloaded(const std::string& error);

  /// The document.
  [[nodiscard]] std::string json() const;

 private:
  using WallTime = std::chrono::system_clock::time_point;
  struct Reclaimed {
    WallTime at;
    CgroupRef cgroup;
    ReclaimOutcome outcome;
  };
  /// Usage in KiB, the oldest first: the one thing that each scan reads of each cgroup.
  using Trace = std::vector<std::uint32_t>;
  struct Traced {
    Trace usage;
    std::uint64_t seen = 0;  ///< the last round of traces that saw the cgroup
  };

  void trace(const ScanReport& report);
  static std::string drawn(const Trace& trace);
  [[nodiscard]] nlohmann::ordered_json daemon_json() const;
  [[nodiscard]] nlohmann::ordered_json scan_json() const;
  [[nodiscard]] nlohmann::ordered_json target_json(const TargetReport& row) const;
  [[nodiscard]] nlohmann::ordered_json reclaims_json() const;

  Settings settings_;
  Hierarchy hierarchy_{};
  std::vector<Parent> parents_;
  ReclaimAbility ability_{};
  WallTime started_ = std::chrono::system_clock::now();
  std::shared_ptr<const ScanReport> report_;
  WallTime scanned_at_{};
  std::string reload_error_;
  std::optional<WallTime> reloaded_at_;
  std::deque<Reclaimed> reclaims_;
  std::unordered_map<CgroupId, Traced, CgroupId::Hash> traces_;
  std::uint64_t traced_ = 0;
  TimePoint next_trace_{};
};

}  // namespace cmm
