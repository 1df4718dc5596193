// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "model/amount.hpp"

namespace cmm {

/// PSI memory `some avg10` of the cgroup with this directory; on v1, which doesn't measure it by cgroup, of
/// the node (/proc below `root`). Nothing where the kernel doesn't measure it: built without, booted with
/// psi=0, or switched off for the cgroup. `cgroup` is its path, for the error.
Result<std::optional<Percent>> read_pressure(ControlFileReader& reader, const MemoryInterface& interface,
                                             int dir, const std::string& cgroup,
                                             const std::string& root = "/");

}  // namespace cmm
