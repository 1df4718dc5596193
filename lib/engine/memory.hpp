// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/lesson.hpp"
#include "model/cgroup.hpp"
#include "policy/history.hpp"
#include "policy/ledger.hpp"

namespace cmm {

/// What the engine knows of one cgroup beyond the present scan.
struct Remembered {
  History history;
  std::shared_ptr<const Ledger> ledger;  ///< null before the first reclaim
  CgroupRef ruled;                       ///< who it was when the rules were asked for `rule`
  std::optional<std::size_t> rule;       ///< the place of the rule that holds for it
  std::uint64_t seen_in_scan = 0;
};

/// … of all cgroups. It outlives an engine: the next one takes it over where a scan hangs.
struct Memory {
  std::unordered_map<CgroupId, Remembered, CgroupId::Hash> cgroups;
  std::uint64_t scans = 0;
  std::vector<Lesson> untold;  ///< learned since the last report
};

}  // namespace cmm
