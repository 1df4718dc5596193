// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice_size.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace cmm {
namespace {

using namespace std::chrono_literals;

constexpr Bytes kBefore = MiB(1024);
constexpr Bytes kTarget = MiB(250);

Bytes times(Bytes bytes, double factor) {
  return Bytes{static_cast<std::uint64_t>(static_cast<double>(bytes.count()) * factor)};
}

/// How a simulated reclaim from kBefore down to kTarget went.
struct Course {
  Bytes after = kBefore;
  unsigned slices = 0;
  Duration longest_time{};
  Duration shortest_time = Duration::max();
  Bytes largest_ask;

  /// How far past the target it went, as a share of the cache before.
  [[nodiscard]] double overshoot() const {
    return static_cast<double>((kTarget - after).count()) / static_cast<double>(kBefore.count());
  }
};

constexpr unsigned kEnough = 100'000;

/// memory.force_empty on a kernel that frees `rate` bytes in a nanosecond.
Course time_slices_at(double rate, Duration startup = {}) {
  TimeSlices sizes;
  Course course;
  while (course.after > kTarget && ++course.slices < kEnough) {
    const auto time = sizes.next(course.after - kTarget);
    course.longest_time = std::max(course.longest_time, time);
    course.shortest_time = std::min(course.shortest_time, time);
    const auto useful = std::max(time - startup, Duration{});
    const auto freed = std::min(times(Bytes{static_cast<std::uint64_t>(useful.count())}, rate), course.after);
    course.after = course.after - freed;
    // Waiting for other CPUs takes time, but none of this one's.
    sizes.learn({freed, time, useful});
  }
  return course;
}

/// memory.reclaim on a kernel that frees `yield` times what it is asked, at `rate` bytes in a nanosecond.
Course byte_slices_with(double yield, double rate) {
  ByteSlices sizes;
  Course course;
  while (course.after > kTarget && ++course.slices < kEnough) {
    const auto asked = sizes.next(course.after - kTarget);
    course.largest_ask = std::max(course.largest_ask, asked);
    const auto freed = std::min(times(asked, yield), course.after);
    const Duration took{static_cast<Duration::rep>(static_cast<double>(freed.count()) / rate)};
    course.longest_time = std::max(course.longest_time, took);
    course.after = course.after - freed;
    sizes.learn(asked, {freed, took, took});
  }
  return course;
}

constexpr double kGiBPerSecond = 1.073741824;  // bytes in a nanosecond

TEST(TimeSlices, EndNearTheTargetAtEveryRate) {
  for (const double rate : {0.1, 1.0, 3.0, 10.0, 30.0}) {
    const auto course = time_slices_at(rate * kGiBPerSecond);
    EXPECT_LE(course.after, kTarget) << rate;
    EXPECT_LT(course.overshoot(), 0.01) << rate << " GiB/s, ended at " << human(course.after);
    EXPECT_LT(course.slices, 3000) << rate;
  }
}

TEST(TimeSlices, NeverPassTheLongestAndNeverGetTooShortToDoAnything) {
  for (const double rate : {0.01, 1.0, 30.0, 1000.0}) {
    const auto course = time_slices_at(rate * kGiBPerSecond);
    EXPECT_LE(course.longest_time, kLongestSlice) << rate;
    EXPECT_GE(course.shortest_time, 50us) << rate;
  }
}

TEST(TimeSlices, BeginShortAsLongAsTheRateIsUnknown) {
  const TimeSlices sizes;
  EXPECT_LE(sizes.next(MiB(100)), 250us);
  EXPECT_EQ(sizes.next(KiB(4)), 50us);
}

TEST(TimeSlices, StayNearTheTargetWhereTheRateJumpsToThatOfLargeFolios) {
  for (unsigned small_folio_slices = 0; small_folio_slices < 6; ++small_folio_slices) {
    TimeSlices sizes;
    auto after = kBefore;
    for (unsigned slice = 0; after > kTarget; ++slice) {
      const auto time = sizes.next(after - kTarget);
      const double rate = (slice < small_folio_slices ? 10 : 300) * kGiBPerSecond;
      const auto freed = std::min(times(Bytes{static_cast<std::uint64_t>(time.count())}, rate), after);
      after = after - freed;
      sizes.learn({freed, time, time});
    }
    EXPECT_GE(after + times(kBefore, 0.1), kTarget) << small_folio_slices << " slices of small folios first";
  }
}

TEST(TimeSlices, GetLongerWhereNothingIsFreedBecauseTheTimeIsSpentOnOtherThings) {
  const auto course = time_slices_at(10 * kGiBPerSecond, 1ms);
  EXPECT_LE(course.after, kTarget) << "slices of the first length would never free anything";
  TimeSlices sizes;
  auto last = sizes.next(GiB(1));
  while (last < kLongestSlice) {
    sizes.learn({Bytes{}, last, Duration{}});
    ASSERT_GT(sizes.next(GiB(1)), last);
    last = sizes.next(GiB(1));
  }
  sizes.learn({Bytes{}, last, Duration{}});
  EXPECT_EQ(sizes.next(GiB(1)), kLongestSlice);
}

TEST(TimeSlices, AreOfTheirOrdinaryLengthAgainOnceSomethingWasFreed) {
  TimeSlices calm;
  TimeSlices waiting;
  for (int i = 0; i < 5; ++i) calm.learn({MiB(10), 1ms, 1ms});
  for (int i = 0; i < 5; ++i) waiting.learn({Bytes{}, 1ms, Duration{}});
  for (int i = 0; i < 5; ++i) waiting.learn({MiB(10), 1ms, 1ms});
  EXPECT_EQ(waiting.next(MiB(10)), calm.next(MiB(10)));
}

TEST(TimeSlices, ShrinkTowardsTheTarget) {
  TimeSlices sizes;
  for (int i = 0; i < 40; ++i) sizes.learn({MiB(10), 1ms, 1ms});
  EXPECT_EQ(sizes.next(GiB(1)), kLongestSlice);
  EXPECT_LT(sizes.next(MiB(10)), 1ms) << "with some caution";
  EXPECT_GT(sizes.next(MiB(10)), 500us);
  EXPECT_LT(sizes.next(MiB(5)), sizes.next(MiB(10)));
  EXPECT_EQ(sizes.next(Bytes{1}), 50us);
}

TEST(TimeSlices, IgnoreASliceThatTookNoTime) {
  TimeSlices sizes;
  sizes.learn({MiB(10), 0ns, 0ns});
  EXPECT_LE(sizes.next(MiB(1)), 500us);
  EXPECT_GT(sizes.next(MiB(1)), 0ns);
}

TEST(ByteSlices, EndWithinAPageOfTheTargetWhereTheKernelFreesWhatItIsAsked) {
  const auto course = byte_slices_with(1, 5 * kGiBPerSecond);
  EXPECT_LE(course.after, kTarget);
  EXPECT_LE(kTarget - course.after, KiB(4));
  EXPECT_LE(course.largest_ask, MiB(32));
}

TEST(ByteSlices, EndNearTheTargetWhereTheKernelFreesMoreThanItIsAsked) {
  for (const double yield : {1.2, 1.42, 1.68, 2.0}) {
    const auto course = byte_slices_with(yield, 5 * kGiBPerSecond);
    EXPECT_LE(course.after, kTarget) << yield;
    EXPECT_LT(course.overshoot(), 0.001) << yield << ", ended at " << human(course.after);
  }
}

TEST(ByteSlices, EndNearTheTargetWhereTheKernelFreesMoreOnlyNowAndThen) {
  ByteSlices sizes;
  auto cache = kBefore;
  for (unsigned slice = 0; cache > kTarget && slice < kEnough; ++slice) {
    const auto asked = sizes.next(cache - kTarget);
    const auto freed = times(asked, slice % 3 == 0 ? 2.0 : 1.0);
    cache = cache - freed;
    sizes.learn(asked, {freed, 2ms, 2ms});
  }
  EXPECT_LE(cache, kTarget);
  EXPECT_LT(kTarget - cache, times(kBefore, 0.01)) << "ended at " << human(cache);
}

TEST(ByteSlices, BeginWithEightMebibytesAndNeverPassThirtyTwo) {
  EXPECT_EQ(ByteSlices{}.next(GiB(1)), MiB(8));
  EXPECT_EQ(byte_slices_with(1, 1000 * kGiBPerSecond).largest_ask, MiB(32));
}

TEST(ByteSlices, GetSmallUntilASlowKernelKeepsToTheLongestTime) {
  ByteSlices sizes;
  const double rate = 0.2 * kGiBPerSecond;  // 8 MiB take 39 ms
  auto asked = sizes.next(GiB(1));
  for (int slice = 0; slice < 10; ++slice) {
    const Duration took{static_cast<Duration::rep>(static_cast<double>(asked.count()) / rate)};
    sizes.learn(asked, {asked, took, took});
    asked = sizes.next(GiB(1));
  }
  EXPECT_LE(static_cast<double>(asked.count()) / rate, static_cast<double>(kLongestSlice.count()));
  EXPECT_GE(asked, KiB(256));
}

TEST(ByteSlices, StayAboveTheSmallestHoweverSlowTheDisk) {
  ByteSlices sizes;
  for (int slice = 0; slice < 50; ++slice) sizes.learn(sizes.next(GiB(1)), {KiB(4), 2s, 1ms});
  EXPECT_EQ(sizes.next(GiB(1)), KiB(256));
}

TEST(ByteSlices, GrowAgainWhenTheKernelGetsFaster) {
  ByteSlices sizes;
  for (int slice = 0; slice < 50; ++slice) sizes.learn(sizes.next(GiB(1)), {KiB(4), 2s, 1ms});
  for (int slice = 0; slice < 50; ++slice) sizes.learn(sizes.next(GiB(1)), {sizes.next(GiB(1)), 10us, 10us});
  EXPECT_EQ(sizes.next(GiB(1)), MiB(32));
}

TEST(ByteSlices, NeverAskForLessThanAPage) {
  // Less than a page succeeds and does nothing.
  ByteSlices sizes;
  EXPECT_EQ(sizes.next(Bytes{1}), KiB(4));
  sizes.learn(MiB(1), {MiB(2), 1ms, 1ms});
  EXPECT_EQ(sizes.next(KiB(4)), KiB(4));
}

TEST(ByteSlices, AskForTheWholeRestWhereNothingWasFreed) {
  ByteSlices sizes;
  for (int slice = 0; slice < 20; ++slice) sizes.learn(MiB(1), {Bytes{}, 2ms, 2ms});
  EXPECT_EQ(sizes.next(MiB(3)), MiB(3)) << "a yield of zero must not ask for more than there is to free";
}

}  // namespace
}  // namespace cmm
