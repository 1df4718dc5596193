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
  auto daemon =
      watch({"--threshold", "252MiB", "--target", "250MiB", "--interval", "200ms", "--cooldown", "0"});
  // More than one reclaim may be at it: on an emulated processor its two seconds are too short for all of
  // that.
  EXPECT_TRUE(daemon.wait_until([&] { return app.reclaimable() <= MiB(252); })) << daemon.log();
  EXPECT_GE(hot.resident(), MiB(95));
  EXPECT_LE(cold.resident(), MiB(160));
}

}  // namespace
}  // namespace cmm::test
