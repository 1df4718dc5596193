// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "model/amount.hpp"
#include "model/reclaim.hpp"
#include "model/time.hpp"

namespace cmm {

/// The reasons for leaving a cgroup alone in this scan, each with what it needs to be understood.
struct BelowThreshold {};
struct CoolingDown {
  TimePoint until;  ///< from this moment on the next attempt may start
};
struct InFlight {};  ///< a reclaim of this cgroup is still running
struct NothingReclaimable {
};                    ///< over the threshold only with pages that can't be dropped (shmem, dirty, mlocked)
struct Needed {};     ///< over the threshold, but what was freed of it lately came straight back
struct WouldSwap {};  ///< the kernel can't be held to file pages, and swap is possible
struct UnderPressure {
  Percent some_avg10;  ///< PSI memory of the cgroup (v2) or of the node (v1)
};
/// Left alone because somebody said so.
struct Ignored {
  enum class By { rule, attribute } by = By::rule;  ///< … of the configuration, or on the cgroup itself
};
/// Due, but this cycle's budget went to others; who waited longer comes first next time.
struct Deferred {
  enum class Budget { bytes, cpu } budget = Budget::bytes;
};
/// The kernel doesn't come back from a call on this cgroup: nothing else is tried until it does, and for a
/// while afterwards.
struct Stuck {
  TimePoint since;
  std::optional<TimePoint> rests_until;  ///< it came back, and is left alone until then
};
struct Unreadable {
  Error why;
};

using Skip = std::variant<BelowThreshold, CoolingDown, InFlight, NothingReclaimable, Needed, WouldSwap,
                          UnderPressure, Ignored, Deferred, Stuck, Unreadable>;

/// Each target gets exactly one per scan.
using Decision = std::variant<Skip, ReclaimRequest>;

/// "below threshold", "cooling down", … without the details.
std::string_view reason(const Skip& skip);

}  // namespace cmm
