// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroupfs/cgroup_tree.hpp"

namespace cmm::test {

/// Where nobody watches, and nothing is in quarantine.
inline void refresh(CgroupTree& tree) {
  ScanWatch unwatched;
  tree.refresh(unwatched, {});
}

}  // namespace cmm::test
