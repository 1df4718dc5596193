// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/report.hpp"

namespace cmm {

using Outcomes = std::unordered_map<CgroupId, ReclaimOutcome, CgroupId::Hash>;

/// The report of --once: a line for each target, those with the most reclaimable cache first, with what came
/// of its reclaim where there was one; then the branches that couldn't be read. Of `hanging` cgroups the
/// reclaim has not come back from the kernel.
std::string to_table(const ScanReport& report, const Outcomes& outcomes,
                     const std::vector<CgroupRef>& hanging = {});

}  // namespace cmm
