// SPDX-License-Identifier: Apache-2.0
#include "policy/growth.hpp"

#include <algorithm>
#include <chrono>

namespace cmm {
namespace {

using Seconds = std::chrono::duration<double>;

// Further ahead nothing can be told from a few seconds of growth, and it keeps durations from overflowing.
constexpr Seconds kHorizon = std::chrono::hours{24};

// A cgroup is charged in batches of 64 pages for each CPU: over milliseconds one would pass for a rate. Half
// of the shortest interval that can be configured.
constexpr Seconds kShortestLook = std::chrono::milliseconds{50};

Duration shortest_of(const Pace& pace) { return std::min(pace.shortest, pace.longest); }

}  // namespace

Growth grown(const Growth& before, Bytes usage, TimePoint now) {
  Growth growth{.at = now, .usage = usage, .bytes_per_second = 0};
  if (before.at == TimePoint{}) return growth;
  const auto passed = std::chrono::duration_cast<Seconds>(now - before.at);
  if (passed < kShortestLook) return before;
  growth.bytes_per_second = static_cast<double>((usage - before.usage).count()) / passed.count();
  return growth;
}

std::optional<Duration> time_until(const Growth& growth, Bytes amount, Bytes mark) {
  if (amount >= mark) return Duration::zero();
  if (growth.bytes_per_second <= 0) return std::nullopt;
  const Seconds time{static_cast<double>((mark - amount).count()) / growth.bytes_per_second};
  if (time > kHorizon) return std::nullopt;
  return std::chrono::duration_cast<Duration>(time);
}

bool is_imminent(const Pace& pace, Duration time) { return time < 2 * shortest_of(pace); }

Duration next_scan_in(const Pace& pace, std::optional<Duration> soonest) {
  if (!soonest) return pace.longest;
  return std::clamp(*soonest, shortest_of(pace), pace.longest);
}

}  // namespace cmm
