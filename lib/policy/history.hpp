// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/time.hpp"
#include "policy/growth.hpp"
#include "policy/learning.hpp"

namespace cmm {

/// What is remembered of one cgroup between scans.
struct History {
  /// When the last attempt to reclaim started, successful or not.
  std::optional<TimePoint> last_attempt;
  /// A reclaim was handed out and its outcome hasn't come back.
  bool in_flight = false;
  /// So many scans in a row it was due, and the budget went to others.
  unsigned deferrals = 0;
  Learning learning{};
  Growth growth{};
};

}  // namespace cmm
