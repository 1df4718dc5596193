// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cgroupfs/hierarchy.hpp"

namespace cmm {

/// What the running kernel can do for this project; probed, without side effects, and never told from its
/// version number.
struct KernelFeatures {
  /// has the file that reclaims: memory.reclaim, v1 memory.force_empty
  std::optional<bool> reclaim;
  /// memory.reclaim takes swappiness=; absent where that couldn't be asked (v1, or no permission to write)
  std::optional<bool> swappiness_argument;
  bool pressure = false;                   ///< PSI memory of the node
  std::optional<bool> pressure_by_cgroup;  ///< … and of each cgroup
  std::optional<bool> swap_by_cgroup;      ///< counts swap by cgroup
  std::optional<bool> mglru;  ///< the multi-generational LRU is in use; absent: this kernel has none
};

/// Asks a cgroup that has the memory controller, or else the root. The root of v2 lacks some of the files:
/// what can be asked of nobody is absent.
KernelFeatures probe_features(const Hierarchy& hierarchy);

/// True where PSI memory is measured for this cgroup, or for the node (/proc below `root`): then it is only
/// switched off for this one (cgroup.pressure), and others may have it. Where that can't be read it is taken
/// to be measured: the error comes up with the first reclaim, by name.
bool measures_pressure(const Hierarchy& hierarchy, const std::string& cgroup, const std::string& root = "/");

/// True where it is counted for this cgroup how much cache was read back after it had been evicted.
bool counts_refaults(const Hierarchy& hierarchy, const std::string& cgroup);

}  // namespace cmm
