// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/reclaimer_v1.hpp"

#include <fcntl.h>

#include <optional>
#include <utility>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/node_memory.hpp"
#include "cgroupfs/slice.hpp"
#include "cgroupfs/slice_size.hpp"
#include "cgroupfs/slice_timer.hpp"
#include "cgroupfs/swappiness_guard.hpp"
#include "cgroupfs/thread_cpu.hpp"

namespace cmm {
namespace {

// Swap may have been switched on since the last reclaim; a node that doesn't say is taken to have it.
bool node_has_swap() {
  const auto memory = read_node_memory();
  return !memory || memory->swap_total > Bytes{};
}

}  // namespace

// In a container that nests many cgroups, most of the time is the guard's.
ReclaimOutcome ForceEmptyReclaimer::reclaim(const ReclaimJob& job, std::stop_token stop) {
  const auto cpu_before = thread_cpu_time();
  auto outcome = reclaim_guarded(job, stop);
  outcome.cpu = thread_cpu_time() - cpu_before;
  return outcome;
}

ReclaimOutcome ForceEmptyReclaimer::reclaim_guarded(const ReclaimJob& job, const std::stop_token& stop) {
  const auto& interface = memory_interface(CgroupVersion::v1);
  const auto file = open_at(job.dir.get(), interface.reclaim, O_WRONLY);
  if (!file) return outcome_without_slice(job, file.error(), "open", interface.reclaim);

  std::optional<SwappinessGuard> guard;
  if (journal_ && node_has_swap()) {
    auto set = SwappinessGuard::set(*journal_, job.dir.get(), *job.cgroup);
    if (!set) return outcome_without_slice(job, set.error());
    guard.emplace(std::move(*set));
  }

  SliceTimer timer;
  TimeSlices sizes;
  const SliceCutter cutter{.cut =
                               [&](Bytes excess) {
                                 auto slice = timer.write(file->get(), "0", sizes.next(excess));
                                 // It returns by itself only when usage is 0 or nothing more can be had, and
                                 // calls both success.
                                 slice.exhausted = !slice.error;
                                 return slice;
                               },
                           .learn = [&](const SliceEffect& effect) { sizes.learn(effect); }};
  return reclaim_in_slices(job, interface, cutter, stop);
}

}  // namespace cmm
