// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroupfs/cgroup_tree.hpp"
#include "kubelet/log_links.hpp"

namespace cmm {

/// Gives the targets of a branch the names that log links have for them, and marks the pause containers of
/// pods. What has a name keeps it when its link goes.
///
/// A pause container has no log and so no link; a container whose link is missing hasn't either. What tells
/// them apart is that the pause container is the first that is made of a pod: it is one only where it is the
/// oldest and another container of its pod has a link.
void name_targets(Branch& branch, const LogLinks& links);

}  // namespace cmm
