// SPDX-License-Identifier: Apache-2.0
#include "policy/growth.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "policy/gate.hpp"
#include "support/moment.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::kStart;

Growth growing(Bytes per_second) {
  return {.at = kStart, .usage = {}, .bytes_per_second = static_cast<double>(per_second.count())};
}

TEST(Growth, IsMeasuredBetweenTwoLooks) {
  const auto first = grown({}, MiB(10), kStart);
  EXPECT_EQ(first.bytes_per_second, 0) << "one look tells nothing";
  const auto second = grown(first, MiB(30), kStart + 10s);
  EXPECT_DOUBLE_EQ(second.bytes_per_second, static_cast<double>(MiB(2).count()));
  EXPECT_EQ(grown(second, MiB(20), kStart + 20s).bytes_per_second, 0) << "shrinking isn't growing";
}

TEST(Growth, IsNotMeasuredInMilliseconds) {
  const auto before = grown(grown({}, MiB(10), kStart), MiB(30), kStart + 10s);
  const auto after = grown(before, MiB(90), kStart + 10s + 4ms);
  EXPECT_EQ(after.bytes_per_second, before.bytes_per_second);
  EXPECT_DOUBLE_EQ(grown(after, MiB(90), kStart + 20s).bytes_per_second, static_cast<double>(MiB(6).count()));
}

TEST(Growth, SaysWhenAMarkIsReached) {
  EXPECT_EQ(time_until(growing(MiB(2)), MiB(80), MiB(100)), 10s);
  EXPECT_EQ(time_until(growing(MiB(2)), MiB(100), MiB(100)), 0s);
  EXPECT_EQ(time_until(growing(Bytes{}), MiB(80), MiB(100)), std::nullopt);
  EXPECT_EQ(time_until(growing(Bytes{1}), MiB(80), GiB(1000)), std::nullopt) << "not in a day";
}

TEST(Pace, FollowsTheFastestGrowerBetweenItsBounds) {
  const Pace pace{.shortest = 1s, .longest = 10s};
  EXPECT_EQ(next_scan_in(pace, std::nullopt), 10s) << "idle nodes sleep";
  EXPECT_EQ(next_scan_in(pace, 4s), 4s);
  EXPECT_EQ(next_scan_in(pace, 1ms), 1s);
  EXPECT_EQ(next_scan_in(pace, 1h), 10s);
  EXPECT_EQ(next_scan_in({.shortest = 5s, .longest = 2s}, 1ms), 2s) << "never longer than the interval";
}

TEST(Pace, SaysWhatCantWaitForAnotherScan) {
  const Pace pace{.shortest = 1s, .longest = 10s};
  EXPECT_TRUE(is_imminent(pace, 0s));
  EXPECT_TRUE(is_imminent(pace, 2s - 1ns));
  EXPECT_FALSE(is_imminent(pace, 2s));
  EXPECT_TRUE(is_imminent({.shortest = 5s, .longest = 2s}, 4s - 1ns)) << "scans are never farther apart";
  EXPECT_FALSE(is_imminent({.shortest = 5s, .longest = 2s}, 4s));
}

TEST(Gate, IsOpenWhereTheNodeIsShortOfMemory) {
  const Gate gate{.node_available_below = Percent{15}};
  EXPECT_TRUE(is_open(gate, Bytes{149}, Bytes{1000}));
  EXPECT_FALSE(is_open(gate, Bytes{150}, Bytes{1000}));
  EXPECT_TRUE(is_open({}, Bytes{1000}, Bytes{1000})) << "always";
}

}  // namespace
}  // namespace cmm
