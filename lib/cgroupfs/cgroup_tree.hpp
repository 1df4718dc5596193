// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/prefetch.hpp"
#include "cgroupfs/cgroup_files.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "cgroupfs/scan_watch.hpp"
#include "model/cgroup.hpp"
#include "model/limit.hpp"

namespace cmm {

/// A cgroup that is sampled and reclaimed as a whole: a container, or a leaf of a branch without containers.
struct Target {
  CgroupRef cgroup;
  bool is_container = false;  ///< named by a container id: what is below it belongs to it
  bool gone = false;          ///< set by whoever finds it removed; the next refresh drops it
  bool is_pause = false;      ///< it only holds a pod's namespaces: not to be looked at
  bool untouched = false;     ///< it was in quarantine when it was found: nothing is known of it but its name
  UniqueFd dir;
  HeldFile usage;
  HeldFile stat;
  LimitFiles limits;
  std::optional<Limit> payload_limit;  ///< set on what is below a container, as last seen

  [[nodiscard]] const char* name() const;
};

/// True where a target that isn't a container has got children: it is a branch now. Its directory has to be
/// open.
bool is_no_leaf(const Target& target);

/// A cgroup on the way down to targets: a parent, a slice, a QoS class, a pod.
struct Branch {
  CgroupRef cgroup;
  UniqueFd dir;
  LimitFiles limits;
  Limit above = Limit::max();            ///< its ancestors' limits, as of the last refresh
  Limit effective_limit = Limit::max();  ///< … and its own
  std::vector<Target> targets;
  std::vector<std::unique_ptr<Branch>> branches;
  unsigned long listed_children = 0;  ///< child directories at the last listing, whatever became of them
  std::uint64_t named =
      0;              ///< the version of the log links by which its targets have their names; 0: they are new
  bool stale = true;  ///< its list of children may be out of date
  bool gone = false;
  unsigned depth = 0;                ///< below the parent that is watched, which has 0
  bool too_deep = false;             ///< what is below it isn't looked at: see kDeepestBranch
  std::optional<Error> list_error;   ///< why its children can't be seen
  std::optional<Error> limit_error;  ///< why its limits can't be read
};

/// True where a branch's own limit is looked at in turns, as those of targets are: there is a pod for every
/// few containers. (One without containers may be about to go, which its files tell.)
bool rests_between_turns(const Branch& branch);

/// How many levels below a parent are looked at. Users may nest cgroups in what was delegated to them, and
/// mustn't make a scan as deep as they like. (Kubernetes in a container of kind has ten.)
inline constexpr unsigned kDeepestBranch = 32;

/// What changes seldom is looked at once in so many scans. To open, read and close the file of a limit costs
/// six times as much as reading usage, which is all that most scans do.
inline constexpr unsigned kTurns = 16;

/// The parents' subtrees, kept up to date from scan to scan at the price of one fstat and one limit for each
/// branch. Owns all descriptors. For one thread.
///
/// How changes are noticed without listing directories: a directory's link count says how many children it
/// has, and a removed cgroup answers ENODEV on its held files. Where no known child died and their number is
/// the same, it is the same children. Whether a leaf got children is looked at when it is its turn, and so
/// are branches with children that aren't watched. (inotify would miss what is made through another cgroup
/// namespace's mount: that is another superblock with inodes of its own.)
class CgroupTree {
 public:
  CgroupTree(Hierarchy hierarchy, std::vector<Parent> parents);

  /// Watches these parents from the next refresh on. What is open below those that were watched before stays
  /// so.
  void watch(std::vector<Parent> parents);

  /// Takes in created, removed and recreated cgroups and the limits of all branches. What is in quarantine
  /// isn't touched. Throws TakenOver; the tree can't be used any more then.
  void refresh(ScanWatch& watch, const Quarantine& quarantine);

  /// What changes seldom is looked at once in kTurns scans, another share of the cgroups each time.
  [[nodiscard]] bool is_turn_of(const Cgroup& cgroup) const;

  /// Calls `visit(Branch&, Target&)` for each target that was there at the last refresh, branch by branch.
  template <class Visit>
  void for_each_target(const Visit& visit) {
    for (auto& root : roots_) visit_targets(root.branch, visit);
  }

  /// Calls `visit(Branch&)` for each branch.
  template <class Visit>
  void for_each_branch(const Visit& visit) {
    for (auto& root : roots_) visit_branches(root.branch, visit);
  }

  /// The branches that can't be read, with why; a missing parent is one of them, and what is above one
  /// counts.
  [[nodiscard]] std::vector<Error> unreadable() const;

  [[nodiscard]] const MemoryInterface& interface() const { return interface_; }

 private:
  /// A parent and what is above it, whose limits count too.
  struct Root {
    Parent parent;
    std::vector<Branch> above;  // from below the hierarchy's root down to above the parent
    Branch branch;
  };

  // The kernel's work on one target drives everything else out of the cache: what comes next is fetched
  // meanwhile, and what that points to one step later, when it is there.
  static void fetch_ahead(const std::vector<Target>& targets, std::size_t i) {
    if (i + 2 < targets.size()) prefetch(targets[i + 2]);
    if (i + 1 < targets.size()) prefetch(targets[i + 1].cgroup->id);
  }

  template <class Visit>
  static void visit_targets(Branch& branch, const Visit& visit) {
    for (std::size_t i = 0; i < branch.targets.size(); ++i) {
      fetch_ahead(branch.targets, i);
      visit(branch, branch.targets[i]);
    }
    for (auto& child : branch.branches) visit_targets(*child, visit);
  }

  template <class Visit>
  static void visit_branches(Branch& branch, const Visit& visit) {
    visit(branch);
    for (auto& child : branch.branches) visit_branches(*child, visit);
  }

  [[nodiscard]] bool in_quarantine(const Cgroup& cgroup) const { return quarantine_->contains(cgroup.path); }
  Branch open_from_root(const std::string& path);
  void refresh_root(Root& root);
  void refresh_below_ancestors(Root& root);
  void open_root(Root& root);
  void refresh_branch(Branch& branch, Limit above);
  void read_limits(Branch& branch, Limit above);
  bool has_changed(Branch& branch) const;
  void list(Branch& branch);
  void add(Branch& branch, const std::string& name, CgroupId id);
  Branch& add_branch(Branch& parent, CgroupRef cgroup, UniqueFd dir) const;
  void add_unreadable(Branch& parent, CgroupRef cgroup, std::error_code why) const;
  [[nodiscard]] std::string absolute(const std::string& path) const;

  Hierarchy hierarchy_;
  const MemoryInterface& interface_;
  std::vector<Root> roots_;
  ControlFileReader reader_;
  std::uint64_t scan_ = 0;
  // Of the refresh that is running.
  ScanWatch* watch_ = nullptr;
  const Quarantine* quarantine_ = nullptr;
};

}  // namespace cmm
