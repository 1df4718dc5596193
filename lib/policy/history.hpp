// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/time.hpp"

namespace cmm {

/// What is remembered of one cgroup between scans.
struct History {
  /// When the last attempt to reclaim started, successful or not.
  std::optional<TimePoint> last_attempt;
  /// A reclaim was handed out and its outcome hasn't come back.
  bool in_flight = false;
};

}  // namespace cmm
