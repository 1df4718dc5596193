// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <variant>

#include "base/error.hpp"
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
struct WouldSwap {};  ///< the kernel can't be held to file pages, and swap is possible
struct Unreadable {
  Error why;
};

using Skip = std::variant<BelowThreshold, CoolingDown, InFlight, NothingReclaimable, WouldSwap, Unreadable>;

/// Each target gets exactly one per scan.
using Decision = std::variant<Skip, ReclaimRequest>;

/// "below threshold", "cooling down", … without the details.
std::string_view reason(const Skip& skip);

}  // namespace cmm
