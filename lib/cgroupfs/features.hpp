// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cgroupfs/hierarchy.hpp"

namespace cmm {

/// What the running kernel can do for this project; probed, without side effects, and never told from its
/// version number.
struct KernelFeatures {
  bool reclaim = false;  ///< has the file that reclaims: memory.reclaim, v1 memory.force_empty
  /// memory.reclaim takes swappiness=; absent where that couldn't be asked (v1, or no permission to write)
  std::optional<bool> swappiness_argument;
  bool pressure = false;            ///< PSI memory of the node
  bool pressure_by_cgroup = false;  ///< … and of each cgroup
  bool swap_by_cgroup = false;      ///< counts swap by cgroup
  std::optional<bool> mglru;        ///< the multi-generational LRU is in use; absent: this kernel has none
};

KernelFeatures probe_features(const Hierarchy& hierarchy);

}  // namespace cmm
