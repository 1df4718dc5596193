// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/reclaimer_v2.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/slice.hpp"
#include "cgroupfs/slice_size.hpp"
#include "cgroupfs/slice_timer.hpp"

namespace cmm {
namespace {

// The amount bounds a slice; the time does where pages come hard (a slow disk, a long list of pages in use).
// The kernel looks for signals only between its passes, so this is a second fence, not the first.
constexpr Duration kSliceTime = 2 * kLongestSlice;

}  // namespace

bool takes_swappiness(int file) { return !write_control(file, "0 swappiness=0"); }

ReclaimOutcome MemoryReclaimReclaimer::reclaim(const ReclaimJob& job, std::stop_token stop) {
  const auto& interface = memory_interface(CgroupVersion::v2);
  const auto file = open_at(job.dir.get(), interface.reclaim, O_WRONLY);
  if (!file) return outcome_without_slice(job, file.error(), "open", interface.reclaim);

  SliceTimer timer;
  ByteSlices sizes;
  Bytes asked;
  const SliceCutter cutter{.cut =
                               [&](Bytes excess) {
                                 asked = sizes.next(excess);
                                 // Plain bytes and never an empty line: Linux 6.1 takes a blank one to mean
                                 // everything.
                                 auto slice = timer.write(
                                     file->get(), fmt::format("{}{}", asked.count(), argument_), kSliceTime);
                                 slice.exhausted = slice.error == std::errc::resource_unavailable_try_again;
                                 return slice;
                               },
                           .learn = [&](const SliceEffect& effect) { sizes.learn(asked, effect); }};
  return reclaim_in_slices(job, interface, cutter, stop);
}

}  // namespace cmm
