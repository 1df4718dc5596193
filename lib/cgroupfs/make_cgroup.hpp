// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cgroupfs/hierarchy.hpp"

// The write side: making and removing cgroups. `path` is below the mount; see resolve_cgroup_path().

namespace cmm {

/// Makes the cgroup and what is missing above it; nothing is left of them where a step fails. On v2 each of
/// the controllers is enabled for it, on the way down, and stays enabled: others may have come to rely on it.
/// Returns what was made, outermost first; nothing where it was all there.
Result<std::vector<std::string>> make_cgroup(const Hierarchy& hierarchy, const std::string& path,
                                             const std::vector<std::string>& controllers);

/// Removes one cgroup. EBUSY: it has processes, or cgroups below it. A process that has just ended holds it
/// for a moment, which is waited for.
Result<void> remove_cgroup(const std::string& mount, const std::string& path);

/// Removes it and all below it, the deepest first, up to the first that can't be. Returns what was removed.
struct RemovedTree {
  std::vector<std::string> removed;
  std::optional<Error> error;
};
RemovedTree remove_cgroup_tree(const std::string& mount, const std::string& path);

bool cgroup_exists(const std::string& mount, const std::string& path);

}  // namespace cmm
