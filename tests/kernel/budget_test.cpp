// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

class Budget : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    fill_clean(make("app"), data_);
    fill_clean(make("other"), others_data_);
  }

  /// Each would have 68 MiB freed. The cooldown lets each be reclaimed once.
  static std::vector<std::string> options() {
    return {"--threshold", "64MiB", "--target", "32MiB", "--budget-bytes", "64MiB", "--cooldown", "1h"};
  }

 private:
  DataFile data_ = file("data", MiB(100));
  DataFile others_data_ = file("others-data", MiB(100));
};

TEST_F(Budget, OfBytesIsWhatOneScanAsksFor) {
  const auto result = once(options());
  EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
  const auto reclaims = parse_reclaims(result.err);
  ASSERT_EQ(reclaims.size(), 1) << result.err;
  EXPECT_EQ(reclaims.front().requested, MiB(64));
  EXPECT_THAT(result.out, HasSubstr("deferred: the cycle's byte budget is spent"));
}

TEST_F(Budget, OfBytesGivesTheDeferredTheirTurn) {
  auto more = options();
  more.insert(more.end(), {"--interval", "1s"});
  auto daemon = watch(more);
  const auto one = daemon.wait_for_reclaim(make("app"));
  const auto other = daemon.wait_for_reclaim(make("other"));
  ASSERT_TRUE(one && other) << daemon.log();
  EXPECT_EQ(one->requested, MiB(64));
  EXPECT_EQ(other->requested, MiB(64));
  // By the next scan, and not by the same one.
  const auto gap = one->started_at - other->started_at;
  EXPECT_GE(std::max(gap, -gap), std::chrono::milliseconds{500}) << daemon.log();
}

}  // namespace
}  // namespace cmm::test
