// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

class Threshold : public KernelTest {};

TEST_F(Threshold, InPercentIsOfTheLimitOfAnAncestorWhereTheCgroupHasNone) {
  make("pod").limit_memory(MiB(200));
  const auto app = make("pod/app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "25%", "--interval", "200ms"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->target, MiB(40));  // 80 % of 25 % of 200 MiB
  EXPECT_LE(app.reclaimable(), MiB(40));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Threshold, InPercentIsOfALimitAboveTheParentToo) {
  top().limit_memory(MiB(200));
  const auto app = make("pods/app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--parent", make("pods").absolute(), "--threshold", "25%"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->target, MiB(40));
}

TEST_F(Threshold, InPercentIsOfTheTightestOfSeveralLimits) {
  top().limit_memory(MiB(800));
  const auto app = make("app");
  app.limit_memory(MiB(300));
  const auto data = file("data", MiB(160));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "50%", "--target", "20%"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->target, MiB(60));
}

TEST_F(Threshold, InPercentIsOfMemoryHighWhereThatIsTheTightest) {
  if (is_v1())
    GTEST_SKIP() << environment_name() << ": memory.high exists on v2 only; this runs in the v2 machines";
  const auto app = make("app");
  app.limit_memory(MiB(800));
  app.write("memory.high", "200M");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "25%"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->target, MiB(40));
}

TEST_F(Threshold, InBytesIsTakenAsItIs) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "64MiB"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->target, Bytes{MiB(64).count() * 80 / 100});
  EXPECT_LE(data.resident(), MiB(64));
}

TEST_F(Threshold, NotReachedLeavesTheCgroupAlone) {
  const auto app = make("app");
  const auto data = file("data", MiB(60));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "64MiB", "--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_scans(5));
  EXPECT_GE(data.resident(), nearly(MiB(60)));
  EXPECT_EQ(daemon.reclaims_of(app).size(), 0);
}

TEST_F(Threshold, IsNoticedWhenItIsReachedWhileTheDaemonWatches) {
  const auto app = make("app");
  const auto first = file("first", MiB(60));
  const auto second = file("second", MiB(60));
  fill_clean(app, first);
  auto daemon = watch({"--threshold", "96MiB", "--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_scans(2));
  fill_clean(app, second);
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_GE(line->cache_before, MiB(96));
}

}  // namespace
}  // namespace cmm::test
