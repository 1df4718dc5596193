// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cgroupfs/cgroup_tree.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/node_memory.hpp"
#include "cgroupfs/reclaimer.hpp"
#include "cgroupfs/sampler.hpp"
#include "cgroupfs/scan_watch.hpp"
#include "engine/memory.hpp"
#include "engine/recall.hpp"
#include "engine/report.hpp"
#include "kubelet/log_links.hpp"
#include "model/cycle_budget.hpp"
#include "model/gate.hpp"
#include "model/reclaim_policy.hpp"
#include "model/rule.hpp"
#include "policy/growth.hpp"

namespace cmm {

/// What an engine works on.
struct EngineSetup {
  Hierarchy hierarchy;
  std::vector<Parent> parents;
  ReclaimPolicy policy;
  ReclaimAbility ability;
  Rules rules = {};
  Gate gate = {};
  CycleBudget budget = {};
  Pace pace = {};
  std::string container_logs = {};  ///< where the kubelet links the containers' logs
  bool awaits_parents = false;      ///< a parent that doesn't exist (yet) is as it should be
  bool dry_run = false;             ///< decide, but hand out no job and open nothing for writing
  std::string root = "/";           ///< the seam for tests: where /proc is looked for
};

/// A scan's report and the reclaims that it asks for, those first that are to start first.
struct Scan {
  ScanReport report;
  std::vector<ReclaimJob> jobs;  ///< one for each request; each must come back through record()
};

/// The straight line: discover → sample → decide, and the memory of what came of it. For one thread.
class Engine {
 public:
  explicit Engine(EngineSetup setup, Memory memory = {});

  /// Goes on with another setup, of the same hierarchy. What was learned stays, and what is open below
  /// parents that are still watched.
  void change(EngineSetup setup);

  /// Throws TakenOver where `watch` says so; this engine is good for nothing any more then.
  Scan scan(TimePoint now, ScanWatch& watch, const Quarantine& quarantine);
  /// … where nobody watches.
  Scan scan(TimePoint now);

  /// Takes in how a job ended. Failed attempts count as attempts.
  void record(const ReclaimJob& job, const ReclaimOutcome& outcome);

  /// For the successor of an engine whose scan was taken over. Called by whoever took over, while the thread
  /// of the old engine hangs in a call or is about to find out that it has no memory any more.
  Memory take_memory() { return std::move(memory_); }

 private:
  /// One scan's look at one cgroup: where it is, what is known of it, and the row of the report that is being
  /// filled.
  struct Visit {
    Branch& branch;
    Target& target;
    Remembered& memory;
    const ReclaimPolicy& policy;
    TargetReport& row;
    ScanWatch& watch;
    TimePoint now;
    bool is_turn;
  };
  /// A cgroup that is due, until the budget is shared out.
  struct Candidate {
    Branch* branch;
    Target* target;
    Remembered* memory;
    std::size_t row;
  };

  bool is_gate_closed(ScanReport& report) const;
  void look_for_names_in(const std::string& directory);
  void name_all(ScanReport& report);
  std::vector<Candidate> look_at_all(ScanReport& report, ScanWatch& watch, const Quarantine& quarantine);
  bool visit(const Visit& visit);
  Result<void> sample(const Visit& visit);
  Result<void> sample_cache(const Visit& visit);
  static void set_marks(const Visit& visit);
  Result<void> learn(const Visit& visit);
  Result<void> judge_trial(const Visit& visit);
  Result<void> decide_on(const Visit& visit, bool at_limit);
  [[nodiscard]] bool is_about_to_fill_its_limit(const Visit& visit) const;
  void look_ahead(const Visit& visit);
  void need_scan_in(Duration time);
  void share_out(std::vector<TargetReport>& rows, std::vector<Candidate>& candidates) const;
  void hand_out(Scan& scan, const std::vector<Candidate>& candidates);
  void tell(const CgroupRef& cgroup, const Remembered& memory, const Learning& before, Bytes freed,
            std::optional<Bytes> refaulted);
  Remembered& remember(const CgroupRef& cgroup);
  [[nodiscard]] const ReclaimPolicy& policy_of(const Remembered& memory) const;
  void tell_unreadable(ScanReport& report) const;
  void forget_unseen(const ScanReport& report, const Quarantine& quarantine);

  EngineSetup setup_;
  std::vector<ReclaimPolicy> rule_policies_;  // the policy as each rule changes it
  CgroupTree tree_;
  LogLinks links_;
  Sampler sampler_;
  NodeMemory node_;
  Memory memory_;
  Recall recall_;
  std::optional<Duration> soonest_;  // until the first cgroup needs another scan
  std::size_t last_targets_ = 0;
};

}  // namespace cmm
