// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "model/inspection.hpp"

namespace cmm {

/// Looks at everything that the kernel tells of one cgroup's memory. `path` is below the mount. Opens and
/// closes each file: for people who look, not for what looks at a thousand cgroups again and again.
Result<Inspection> inspect(const Hierarchy& hierarchy, const std::string& path);

/// The tightest of the limits of the cgroup and its ancestors, and the machine's memory; the nearest where
/// two are the same.
Result<EffectiveLimit> find_effective_limit(const Hierarchy& hierarchy, const std::string& path);

}  // namespace cmm
