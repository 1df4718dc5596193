// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "base/bytes.hpp"
#include "cgroupfs/slice.hpp"
#include "model/time.hpp"

// How large the next slice is, from what the last ones did. Pure arithmetic.

namespace cmm {

/// No slice is meant to take longer: while a write is in flight, an rmdir of its cgroup waits for it and
/// holds cgroup_mutex meanwhile, so that no cgroup of the node can be made or removed.
inline constexpr Duration kLongestSlice = std::chrono::milliseconds{4};

/// v1: slices in time, since memory.force_empty takes no amount.
///
/// Each write first waits for the other CPUs to drain their page lists; on a busy node that may take all of a
/// slice. So the rate is bytes for CPU time, which the waiting doesn't count in, and a slice that was all
/// waiting makes the next one longer.
class TimeSlices {
 public:
  [[nodiscard]] Duration next(Bytes excess) const;
  void learn(const SliceEffect& effect);

 private:
  static constexpr Duration kShortest = std::chrono::microseconds{50};
  // The rate changes twentyfold within one cgroup, from 4 KiB folios to those of 2 MiB, of which 350 MiB went
  // in a millisecond (Linux 6.18). So this is believed at first, and less with each slice that doesn't show
  // it.
  static constexpr double kFastest = 350.0 * 1024 * 1024 / 1e6;

  double bytes_per_ns_ = kFastest;
  double patience_ = 1;
};

/// v2: slices in bytes.
class ByteSlices {
 public:
  [[nodiscard]] Bytes next(Bytes excess) const;
  void learn(Bytes asked, const SliceEffect& effect);

 private:
  static constexpr Bytes kFirst = MiB(8);
  static constexpr Bytes kSmallest = KiB(256);
  static constexpr Bytes kLargest = MiB(32);

  Bytes largest_ = kFirst;
  // Freed for each byte asked for: Linux 6.1 frees up to twice of what it was asked, 6.12 exactly that.
  double yield_ = 1;
};

}  // namespace cmm
