// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/parse.hpp"
#include "model/gate.hpp"

namespace cmm {

/// /proc/meminfo below `root`.
Result<NodeMemory> read_node_memory(const std::string& root = "/");

/// How much memory the node has left, by the measure of the operator's choice. The kubelet's memory.available
/// is capacity − working set, and the working set is usage − inactive_file, at least 0, of the hierarchy's
/// root. The root of v2 has no memory.current; its usage is MemTotal − MemFree there (as in cAdvisor).
Result<Bytes> read_node_available(const Hierarchy& hierarchy, NodeAvailable measure,
                                  const NodeMemory& memory);

}  // namespace cmm
