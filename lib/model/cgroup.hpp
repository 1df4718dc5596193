// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "model/workload.hpp"

namespace cmm {

/// What tells one cgroup from another. kernfs gives an inode number to one cgroup only (64 bits, with a
/// generation), so a cgroup that was removed and made again under the same path has another one.
struct CgroupId {
  std::uint64_t inode = 0;
  friend auto operator<=>(CgroupId, CgroupId) = default;

  struct Hash {
    std::size_t operator()(CgroupId id) const { return std::hash<std::uint64_t>{}(id.inode); }
  };
};

/// Who a cgroup is. Shared by everything that speaks about the cgroup; where the names of a container become
/// known later than its cgroup, another value takes this one's place.
struct Cgroup {
  CgroupId id;
  std::string path;  ///< below the mount of the memory hierarchy: "kubepods.slice/…/cri-containerd-….scope"
  std::string container_id;  ///< 64 hex digits, or empty where the name carries none
  Workload workload{};       ///< in the words of Kubernetes
};

using CgroupRef = std::shared_ptr<const Cgroup>;

}  // namespace cmm
