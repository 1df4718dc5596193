// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice_size.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cmm {
namespace {

// Less than the whole way: the rate is measured, not promised, and a slice too many costs less than hot
// pages.
constexpr double kCaution = 0.6;
// How much of the fastest rate or the worst yield is still believed a slice later.
constexpr double kMemory = 0.9;
// So much longer is the next slice after one that freed nothing.
constexpr double kPatienceGrowth = 1.7;
constexpr Bytes kPage = KiB(4);

double number(Bytes bytes) { return static_cast<double>(bytes.count()); }
double number(Duration duration) { return static_cast<double>(duration.count()); }

}  // namespace

Duration TimeSlices::next(Bytes excess) const {
  const auto wanted = std::max(kCaution * number(excess) / bytes_per_ns_, number(kShortest)) * patience_;
  return Duration{static_cast<Duration::rep>(std::min(wanted, number(kLongestSlice)))};
}

void TimeSlices::learn(const SliceEffect& effect) {
  if (effect.freed == Bytes{} || effect.cpu <= Duration::zero()) {
    patience_ *= kPatienceGrowth;
    return;
  }
  patience_ = 1;
  bytes_per_ns_ = std::max(number(effect.freed) / number(effect.cpu), kMemory * bytes_per_ns_);
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
  yield_ = std::max(number(effect.freed) / number(asked), kMemory * yield_);
}

}  // namespace cmm
