// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

class Cooldown : public KernelTest {};

TEST_F(Cooldown, PassesBetweenTheStartsOfTwoReclaimsAndThenTheNextOneComes) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  auto daemon = watch({"--threshold", "64MiB", "--interval", "1s", "--cooldown", "3s"});
  constexpr std::size_t kReclaims = 4;
  for (std::size_t nth = 1; nth <= kReclaims; ++nth) {
    // Over the threshold again at once: nothing but the cooldown holds the next reclaim back.
    fill_clean(app, data);
    ASSERT_TRUE(daemon.wait_for_reclaim(app, nth)) << daemon.log();
  }
  const auto lines = daemon.reclaims_of(app);
  // The line comes a moment after the reclaim, and later on a busy machine; a scan too early would be a
  // second early. That it isn't late either is a matter of the decision, and tested there.
  const double allowance = in_vm() ? 300 : 100;
  for (std::size_t nth = 1; nth < kReclaims; ++nth) {
    const auto gap = (lines[nth].started_at - lines[nth - 1].started_at).count();
    EXPECT_GE(gap, 3000 - allowance);
  }
}

TEST_F(Cooldown, OfOneCgroupHoldsNoOther) {
  const auto app = make("app");
  const auto other = make("other");
  const auto data = file("data", MiB(100));
  const auto others_data = file("others-data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "64MiB", "--interval", "100ms", "--cooldown", "1h"});
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  fill_clean(app, data);
  fill_clean(other, others_data);
  EXPECT_TRUE(daemon.wait_for_reclaim(other)) << daemon.log();
  EXPECT_EQ(daemon.reclaims_of(app).size(), 1);
  EXPECT_GE(data.resident(), nearly(MiB(100)));
}

}  // namespace
}  // namespace cmm::test
