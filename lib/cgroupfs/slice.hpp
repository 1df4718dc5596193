// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <system_error>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "cgroupfs/reclaimer.hpp"
#include "model/reclaim.hpp"
#include "model/time.hpp"

namespace cmm {

/// How one bounded write ended.
struct Slice {
  std::error_code error;  ///< what the write returned
  Duration took{};
  Duration cpu{};          ///< … of which this thread ran
  bool exhausted = false;  ///< the kernel ended it by itself and says that there is nothing more to get
};

/// What one slice did, as the counters show it; from this the next one is sized.
struct SliceEffect {
  Bytes freed;
  Duration took{};
  Duration cpu{};
};

/// How one version cuts slices.
struct SliceCutter {
  std::function<Slice(Bytes excess)> cut;         ///< one write, towards `excess` bytes over the target
  std::function<void(const SliceEffect&)> learn;  ///< … and what it did
};

/// Cuts slices until the target is reached or something else ends the reclaim; re-reads the counters between
/// them. This is all that v1 and v2 have in common, and that is nearly everything.
ReclaimOutcome reclaim_in_slices(const ReclaimJob& job, const MemoryInterface& interface,
                                 const SliceCutter& cutter, const std::stop_token& stop);

/// An outcome for a job that ended before its first slice.
ReclaimOutcome outcome_without_slice(const ReclaimJob& job, std::error_code error, const char* action,
                                     const std::string& file);
ReclaimOutcome outcome_without_slice(const ReclaimJob& job, Error error);

/// What a failed system call on a cgroup's file means for the reclaim.
ReclaimEnd end_of(std::error_code error);

}  // namespace cmm
