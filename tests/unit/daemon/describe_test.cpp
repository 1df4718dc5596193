// SPDX-License-Identifier: Apache-2.0
#include "daemon/describe.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace cmm {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow{1000h};

TEST(Describe, ADurationInTheUnitThatFits) {
  EXPECT_EQ(describe(Duration{0s}), "0 ms");
  EXPECT_EQ(describe(Duration{800ms}), "800 ms");
  EXPECT_EQ(describe(Duration{1500us}), "1.5 ms");
  EXPECT_EQ(describe(Duration{12345us}), "12.35 ms") << "four digits are enough for anyone";
  EXPECT_EQ(describe(Duration{1s}), "1 s");
  EXPECT_EQ(describe(Duration{2s}), "2 s");
  EXPECT_EQ(describe(Duration{12500ms}), "12.5 s");
  EXPECT_EQ(describe(Duration{10min}), "600 s");
}

TEST(Describe, ALongDurationWithoutPowersOfTen) { EXPECT_EQ(describe(Duration{3h}), "10800 s"); }

TEST(Describe, ASkipByItsReasonAndWhatIsNeededToUnderstandIt) {
  EXPECT_EQ(describe(BelowThreshold{}, kNow), "below threshold");
  EXPECT_EQ(describe(InFlight{}, kNow), "in flight");
  EXPECT_EQ(describe(NothingReclaimable{}, kNow), "nothing reclaimable");
  EXPECT_EQ(describe(WouldSwap{}, kNow), "would swap");
  EXPECT_EQ(describe(CoolingDown{kNow + 12500ms}, kNow), "cooling down for 12.5 s");
  EXPECT_EQ(describe(Stuck{kNow - 3s, {}}, kNow), "stuck in the kernel for 3 s");
  EXPECT_EQ(describe(Stuck{kNow - 3s, kNow + 20s}, kNow), "stuck in the kernel lately: it rests for 20 s");
  const Error why{std::make_error_code(std::errc::permission_denied), "read", "/x/memory.stat"};
  EXPECT_EQ(describe(Unreadable{why}, kNow), "unreadable: cannot read /x/memory.stat: Permission denied");
}

TEST(Describe, ARequestByItsAmount) {
  const ReclaimRequest request{.bytes = MiB(12), .threshold = MiB(256), .target = MiB(80)};
  EXPECT_EQ(describe(request, kNow), "free 12.0 MiB");
}

}  // namespace
}  // namespace cmm
