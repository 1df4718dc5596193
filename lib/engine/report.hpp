// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "engine/lesson.hpp"
#include "model/cgroup.hpp"
#include "model/decision.hpp"
#include "model/memory_sample.hpp"
#include "model/time.hpp"
#include "policy/ledger.hpp"
#include "policy/watermarks.hpp"

namespace cmm {

/// One target as one scan saw it, and what was decided about it.
struct TargetReport {
  CgroupRef cgroup;
  std::optional<MemorySample> sample;  ///< absent where it couldn't be read; the decision says why
  Watermarks marks;                    ///< as learned
  Decision decision;
  Duration cooldown{};                   ///< between two reclaims, as learned
  Duration configured_cooldown{};        ///< … and as the settings have it, or the rule
  Percent max_pressure{};                ///< that holds for it
  std::optional<std::size_t> rule;       ///< the place of the rule that holds for it, from 0
  std::shared_ptr<const Ledger> ledger;  ///< null where it was never reclaimed
};

/// The node has enough memory left: no cgroup was looked at.
struct GateClosed {
  Bytes available;
  Bytes total;
};

/// Everything that one scan found out; whoever has something to tell about it tells it from here.
struct ScanReport {
  TimePoint at{};
  Duration took{};
  Duration next_in{};  ///< from the start of this scan to that of the next one
  std::optional<GateClosed> gate_closed;
  std::vector<TargetReport> targets;
  std::vector<Lesson> lessons;
  std::vector<Error> unreadable_branches;
  std::vector<Parent> awaited;       ///< parents that don't exist, where that is as it should be
  std::optional<Error> names_error;  ///< why the names of containers in Kubernetes can't be seen
};

}  // namespace cmm
