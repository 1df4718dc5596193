// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/error.hpp"
#include "model/cgroup.hpp"
#include "model/decision.hpp"
#include "model/memory_sample.hpp"
#include "model/time.hpp"
#include "policy/decide.hpp"

namespace cmm {

/// One target as one scan saw it, and what was decided about it.
struct TargetReport {
  CgroupRef cgroup;
  std::optional<MemorySample> sample;  ///< absent where it couldn't be read; the decision says why
  Watermarks marks;
  Decision decision;
};

/// Everything that one scan found out; whoever has something to tell about it tells it from here.
struct ScanReport {
  TimePoint at{};
  Duration took{};
  std::vector<TargetReport> targets;
  std::vector<Error> unreadable_branches;
};

}  // namespace cmm
