// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/amount.hpp"

namespace cmm {

/// How much memory a node is said to have left.
enum class NodeAvailable {
  mem_available,  ///< MemAvailable of /proc/meminfo
  kubelet,        ///< capacity − working set, by which the kubelet evicts pods (its memory.available)
};

/// When cgroups are looked at and trimmed at all. Cache that nobody else needs may as well stay.
struct Gate {
  std::optional<Percent> node_available_below;  ///< of the node's memory; absent: always open
  NodeAvailable measure = NodeAvailable::mem_available;

  friend bool operator==(const Gate&, const Gate&) = default;
};

}  // namespace cmm
