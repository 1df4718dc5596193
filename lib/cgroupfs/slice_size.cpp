// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice_size.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cmm {
namespace {

// Less than the whole way: the rate is measured, not promised, and a slice too many costs less than hot pages.
constexpr double kCaution = 0.9;
constexpr Bytes kPage = KiB(4);

double number(Bytes bytes) { return static_cast<double>(bytes.count()); }
double number(Duration duration) { return static_cast<double>(duration.count()); }

Bytes half(Bytes bytes) { return Bytes{bytes.count() / 2}; }

}  // namespace

Duration TimeSlices::next(Bytes excess) const {
  if (bytes_per_ns_ <= 0) return longest_;
  const auto needed = kCaution * number(excess) / bytes_per_ns_;
  return Duration{static_cast<Duration::rep>(std::clamp(needed, number(kShortest), number(longest_)))};
}

void TimeSlices::learn(const SliceEffect& effect) {
  // Nothing freed: the time went into draining other CPUs' page lists. Something freed: it is safe to go on
  // longer, now that the rate is known.
  longest_ = std::min(2 * longest_, kLongestSlice);
  if (effect.freed == Bytes{} || effect.took <= Duration::zero()) return;
  bytes_per_ns_ = number(effect.freed) / number(effect.took);
}

Bytes ByteSlices::next(Bytes excess) const {
  const auto wanted = Bytes{static_cast<std::uint64_t>(number(excess) / std::max(yield_, 1.0))};
  return std::max(std::min(wanted, largest_), kPage);
}

void ByteSlices::learn(Bytes asked, const SliceEffect& effect) {
  if (effect.took > kLongestSlice) {
    largest_ = std::max(half(largest_), kSmallest);
  } else if (effect.took < kLongestSlice / 4) {
    largest_ = std::min(largest_ + largest_, kLargest);
  }
  // The worst yield seen lately: forgotten slowly, because what was freed too much can't be given back.
  constexpr double kForget = 0.8;
  yield_ = std::max(number(effect.freed) / number(asked), kForget * yield_);
}

}  // namespace cmm
