// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "engine/memory.hpp"
#include "model/cgroup.hpp"

namespace cmm {

/// Finds what is remembered of one cgroup after the other. Scans come by the same cgroups in the same order,
/// so it looks first where the last one found it: to look it up is the dearest thing that a scan does outside
/// the kernel.
class Recall {
 public:
  /// What `memory` has of the cgroup that the scan comes by next. Empty where it is new there.
  Remembered& next(Memory& memory, const CgroupRef& cgroup);

  /// The scan is over; returns by how many cgroups it came. Only the others may be forgotten, and only before
  /// the next scan.
  std::size_t end();

 private:
  std::vector<Remembered*> in_order_;  // up to `place_` of this scan, from there on of the last one
  std::size_t place_ = 0;
};

}  // namespace cmm
