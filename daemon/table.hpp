// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>

#include "engine/report.hpp"

namespace cmm {

using Outcomes = std::unordered_map<CgroupId, ReclaimOutcome, CgroupId::Hash>;

/// The report of --once: a line for each target, those with the most reclaimable cache first, with what came
/// of its reclaim where there was one; then the branches that couldn't be read.
std::string to_table(const ScanReport& report, const Outcomes& outcomes);

}  // namespace cmm
