// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "model/hierarchy_fault.hpp"

namespace cmm {

/// A hierarchy that owns a controller. Chosen by controller, not by which mount exists: hybrid hosts mount
/// cgroup2 without memory beside v1's.
struct Hierarchy {
  CgroupVersion version;
  std::string mount;  ///< where it is mounted, as this process sees it
};

struct HierarchyError {
  HierarchyFault fault;
  std::string message;
};

template <class T>
using HierarchyResult = tl::expected<T, HierarchyError>;

/// A parent whose subtree is watched.
struct Parent {
  std::string path;  ///< below the mount, without slashes at its ends

  friend bool operator==(const Parent&, const Parent&) = default;
};

/// Finds the hierarchy that owns "memory", "cpu", …, by /proc/self/mountinfo. `root` stands for "/" and is
/// the seam for tests: with another one, /proc and the mount points are looked for below it.
HierarchyResult<Hierarchy> find_hierarchy(const std::string& controller, const std::string& root = "/",
                                          const std::string& cgroup_root = {});
/// With a `cgroup_root`, among the mounts at or below it alone: a container has one of its own beside the
/// host's.
HierarchyResult<Hierarchy> find_memory_hierarchy(const std::string& root = "/",
                                                 const std::string& cgroup_root = {});

/// Checks a parent as given by the operator: an absolute path, or one relative to the mount.
HierarchyResult<Parent> find_parent(const Hierarchy& hierarchy, const std::string& given);

/// A parent that need not exist yet.
struct AwaitedParent {
  Parent parent;
  bool exists = false;
};

/// The same for a parent that may come later: one that doesn't exist is only checked for lying below the
/// mount.
HierarchyResult<AwaitedParent> find_awaited_parent(const Hierarchy& hierarchy, const std::string& given);

/// Where containers are on this node: kubepods of either cgroup driver, as such or where kind and minikube
/// nest it (several, where several nodes run on this machine); without it the first that exists of docker,
/// machine.slice and system.slice.
HierarchyResult<std::vector<Parent>> find_default_parents(const Hierarchy& hierarchy);

/// Without those that lie below another one or are the same: nothing is watched twice.
std::vector<Parent> without_nested(std::vector<Parent> parents);

}  // namespace cmm
