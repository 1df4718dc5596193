// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "model/cgroup.hpp"
#include "model/reclaim.hpp"

namespace cmm {

/// A request and the cgroup that it is for. Holds the directory itself, so that a cgroup that was made anew
/// under the same name is never hit in its place.
struct ReclaimJob {
  CgroupRef cgroup;
  UniqueFd dir;
  ReclaimRequest request;
};

/// Frees page cache of one cgroup. Callable from several threads at once; blocks, slice by slice, until the
/// end.
class Reclaimer {
 public:
  Reclaimer() = default;
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;
  virtual ~Reclaimer() = default;

  /// Never throws and never fails: everything that may happen is an outcome. Stops between two slices when
  /// asked.
  virtual ReclaimOutcome reclaim(const ReclaimJob& job, std::stop_token stop) = 0;
};

/// What the running kernel lets a reclaimer do, probed without side effects.
struct ReclaimAbility {
  /// Anonymous memory can be left alone: v2 with the swappiness= argument, v1 with a journal for
  /// memory.swappiness.
  bool spares_anon = false;
  std::string why_not;  ///< where it can't
  /// v1: the journals of dead processes that weren't believed, each with why and the remedy.
  std::vector<std::string> refused_journals{};
};

/// What to assume for a dry run, which opens nothing for writing and so can't probe: on v2 that anon can't be
/// spared.
ReclaimAbility unprobed_ability(CgroupVersion version);

struct ProbedReclaimer {
  std::unique_ptr<Reclaimer> reclaimer;
  ReclaimAbility ability;
};

/// Opens each parent's reclaim file for writing, as a test that reclaim exists and is permitted; returns the
/// last.
HierarchyResult<UniqueFd> open_for_reclaim(const Hierarchy& hierarchy, const std::vector<Parent>& parents);

/// The reclaimer of this hierarchy's version; see open_for_reclaim() for what may be in its way.
/// `runtime_dir` keeps the journal of changed memory.swappiness values (v1); values that a killed process
/// left changed are put back now.
HierarchyResult<ProbedReclaimer> make_reclaimer(const Hierarchy& hierarchy,
                                                const std::vector<Parent>& parents,
                                                const std::string& runtime_dir);

}  // namespace cmm
