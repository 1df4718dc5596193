// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cgroupfs/cgroup_tree.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/reclaimer.hpp"
#include "cgroupfs/sampler.hpp"
#include "engine/report.hpp"
#include "model/reclaim_policy.hpp"
#include "policy/history.hpp"

namespace cmm {

/// What an engine works on.
struct EngineSetup {
  Hierarchy hierarchy;
  std::vector<Parent> parents;
  ReclaimPolicy policy;
  ReclaimAbility ability;
  bool dry_run = false;    ///< decide, but hand out no job and open nothing for writing
  std::string root = "/";  ///< the seam for tests: where /proc is looked for
};

/// A scan's report and the reclaims that it asks for.
struct Scan {
  ScanReport report;
  std::vector<ReclaimJob> jobs;  ///< one for each request; each must come back through record()
};

/// The straight line: discover → sample → decide, and the memory of what came of it. For one thread.
class Engine {
 public:
  explicit Engine(EngineSetup setup);

  Scan scan(TimePoint now);

  /// Takes in how a job ended. Failed attempts count as attempts.
  void record(CgroupId id, const ReclaimOutcome& outcome);

 private:
  struct Remembered {
    History history;
    std::uint64_t seen_in_scan = 0;
  };

  std::optional<TargetReport> examine(const Branch& branch, Target& target, TimePoint now);
  Result<TargetReport> sample_and_decide(const Branch& branch, Target& target, const History& history,
                                         TimePoint now);
  Result<bool> is_swappable(const Branch& branch, Target& target);
  Result<ReclaimJob> make_job(const Target& target, const ReclaimRequest& request);
  void hand_out(const Target& target, TargetReport& row, std::vector<ReclaimJob>& jobs, TimePoint now);
  [[nodiscard]] History history_of(CgroupId id);
  void forget_unseen();

  EngineSetup setup_;
  CgroupTree tree_;
  Sampler sampler_;
  NodeMemory node_;
  std::unordered_map<CgroupId, Remembered, CgroupId::Hash> remembered_;
  std::uint64_t scans_ = 0;
  std::size_t last_targets_ = 0;
};

}  // namespace cmm
