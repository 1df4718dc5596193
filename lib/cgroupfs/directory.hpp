// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cgroupfs/control_file.hpp"
#include "model/cgroup.hpp"

namespace cmm {

struct DirectoryEntry {
  std::string name;
  CgroupId id;
};

/// The child cgroups of an open directory, by readdir's own d_type and d_ino: no stat of each entry.
Io<std::vector<DirectoryEntry>> list_child_cgroups(int dir);

/// The cgroup `path` below `mount` and all that are below it, as paths, parents before their children; those
/// that go meanwhile are left out, as are those that lie too deep for a path. An empty path is the
/// hierarchy's root.
Io<std::vector<std::string>> list_cgroup_tree(const std::string& mount, const std::string& path);

}  // namespace cmm
