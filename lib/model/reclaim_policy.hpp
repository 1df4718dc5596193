// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "model/amount.hpp"
#include "model/time.hpp"

namespace cmm {

/// What the operator wants of every cgroup.
struct ReclaimPolicy {
  Amount threshold = Percent{25};  ///< reclaimable cache from which on a cgroup is trimmed
  std::optional<Amount> target;    ///< what it is trimmed down to; nothing said: 80 % of the threshold
  Duration cooldown = std::chrono::seconds{30};  ///< least time between the starts of two attempts
  /// PSI memory `some avg10` above which a cgroup isn't reclaimed: what is under pressure isn't pressed
  /// further.
  Percent max_pressure{20};
  bool allow_swap = false;  ///< go on where the kernel can't be held to file pages and swap is possible

  friend bool operator==(const ReclaimPolicy&, const ReclaimPolicy&) = default;
};

}  // namespace cmm
