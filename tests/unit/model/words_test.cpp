// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "model/decision.hpp"
#include "model/limit.hpp"
#include "model/reclaim.hpp"

namespace cmm {
namespace {

TEST(Limit, TheTighterOfTwoWinsAndNoLimitNeverDoes) {
  const Limit small{MiB(1)};
  const Limit large{MiB(2)};
  EXPECT_EQ(tighter(small, large), small);
  EXPECT_EQ(tighter(large, small), small);
  EXPECT_EQ(tighter(Limit::max(), large), large);
  EXPECT_EQ(tighter(large, Limit::max()), large);
  EXPECT_TRUE(tighter(Limit::max(), Limit::max()).is_max());
}

TEST(Limit, OfZeroIsALimit) {
  const Limit zero{Bytes{}};
  EXPECT_FALSE(zero.is_max());
  EXPECT_NE(zero, Limit::max());
  EXPECT_EQ(zero.value_or(MiB(1)), Bytes{});
  EXPECT_EQ(Limit::max().value_or(MiB(1)), MiB(1));
}

TEST(Skip, HasANameForEachReason) {
  EXPECT_EQ(reason(BelowThreshold{}), "below threshold");
  EXPECT_EQ(reason(CoolingDown{}), "cooling down");
  EXPECT_EQ(reason(InFlight{}), "in flight");
  EXPECT_EQ(reason(NothingReclaimable{}), "nothing reclaimable");
  EXPECT_EQ(reason(WouldSwap{}), "would swap");
  EXPECT_EQ(reason(Unreadable{}), "unreadable");
}

TEST(ReclaimEnd, HasANameOfItsOwnForEachEnd) {
  std::set<std::string> names;
  constexpr auto last = static_cast<int>(ReclaimEnd::failed);
  for (int end = 0; end <= last; ++end) names.emplace(to_string(static_cast<ReclaimEnd>(end)));
  EXPECT_EQ(names.size(), last + 1);
  EXPECT_FALSE(names.contains("?"));
  EXPECT_EQ(to_string(ReclaimEnd::target_reached), "target reached");
}

}  // namespace
}  // namespace cmm
