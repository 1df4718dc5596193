// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "model/time.hpp"

namespace cmm {

/// How a cgroup's usage changes from scan to scan.
struct Growth {
  TimePoint at{};               ///< of the last look; the epoch: never
  Bytes usage;                  ///< seen then
  double bytes_per_second = 0;  ///< between the last two looks; 0 where it didn't grow
};

/// Takes in what is seen now; not where next to no time has passed.
Growth grown(const Growth& before, Bytes usage, TimePoint now);

/// How long until `amount` has grown to `mark` at this pace; nothing where it doesn't, or not within a day.
std::optional<Duration> time_until(const Growth& growth, Bytes amount, Bytes mark);

/// Between the shortest and the longest time to the next scan, when it has to be. Idle nodes sleep.
struct Pace {
  Duration shortest{};
  Duration longest{};
};

/// True where what happens in that time can't be left to the next scan, which may not come much sooner.
bool is_imminent(const Pace& pace, Duration time);

/// The time to the next scan where `soonest` is when the first cgroup needs it.
Duration next_scan_in(const Pace& pace, std::optional<Duration> soonest);

}  // namespace cmm
