// SPDX-License-Identifier: Apache-2.0
#include "daemon/log_events.hpp"

namespace cmm {
namespace {

template <class... Told>
std::function<void(Told...)> in_turn(const std::function<void(Told...)>& first,
                                     const std::function<void(Told...)>& second) {
  if (!first) return second;
  if (!second) return first;
  return [first, second](Told... told) {
    first(told...);
    second(told...);
  };
}

}  // namespace

SchedulerEvents log_events(LogReporter& log) {
  return {.scanned = [&log](const auto& report) { log.scanned(*report); },
          .reclaimed = [&log](const auto& job, const auto& outcome) { log.reclaimed(job, outcome); },
          .overran = [&log](Duration took, Duration due_after) { log.overran(took, due_after); },
          .scan_hangs = [&log](const auto& cgroup) { log.scan_hangs(cgroup); },
          .scan_came_back = [&log](const auto& cgroup, Duration hung) { log.scan_came_back(cgroup, hung); },
          .reclaim_hangs = [&log](const auto& cgroup) { log.reclaim_hangs(cgroup); },
          .reload_asked = {},
          .stopping = {}};
}

SchedulerEvents both(const SchedulerEvents& first, const SchedulerEvents& second) {
  return {.scanned = in_turn(first.scanned, second.scanned),
          .reclaimed = in_turn(first.reclaimed, second.reclaimed),
          .overran = in_turn(first.overran, second.overran),
          .scan_hangs = in_turn(first.scan_hangs, second.scan_hangs),
          .scan_came_back = in_turn(first.scan_came_back, second.scan_came_back),
          .reclaim_hangs = in_turn(first.reclaim_hangs, second.reclaim_hangs),
          .reload_asked = in_turn(first.reload_asked, second.reload_asked),
          .stopping = in_turn(first.stopping, second.stopping)};
}

}  // namespace cmm
