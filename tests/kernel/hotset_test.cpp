// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

class HotSet : public KernelTest {};

TEST_F(HotSet, StaysWhileWhatWasReadOnceGoes) {
  const auto app = make("app");
  const auto hot = file("hot", MiB(100));
  const auto cold = file("cold", MiB(600));
  fill_clean(app, hot, 5);
  fill_clean(app, cold);
  auto daemon = watch({"--threshold", "300MiB", "--target", "250MiB"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_LE(app.reclaimable(), MiB(252));
  EXPECT_GE(hot.resident(), MiB(95));
  EXPECT_LE(cold.resident(), MiB(160));
}

}  // namespace
}  // namespace cmm::test
