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

}  // namespace cmm
