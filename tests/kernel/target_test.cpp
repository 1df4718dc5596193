// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

class TargetLevel : public KernelTest {};

/// The part of the cache that a reclaim may free besides what was asked for.
Bytes tolerance(Bytes cache_before) { return Bytes{cache_before.count() * (is_v1() ? 10 : 3) / 100}; }

TEST_F(TargetLevel, IsReachedAndNotFarPassed) {
  const auto app = make("app");
  // As much as an emulated processor frees in the two seconds of a reclaim, others beside it or not.
  const std::uint64_t size = in_vm() ? 300 : 500;
  const auto data = file("data", MiB(size));
  fill_clean(app, data);
  auto daemon = watch(
      {"--threshold", std::to_string(size - 100) + "MiB", "--target", std::to_string(size / 2) + "MiB"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  ASSERT_EQ(line->outcome, "target reached");
  EXPECT_LE(line->cache_after, line->target);
  EXPECT_GE(line->cache_after + tolerance(line->cache_before), line->target) << testing::PrintToString(*line);
  // The log's figures are the kernel's: what mincore sees of the file agrees.
  EXPECT_LE(line->cache_before, MiB(size));
  EXPECT_LE(data.resident(), MiB(size / 2 + 2));
  EXPECT_GE(data.resident() + MiB(2), line->cache_after);
  EXPECT_EQ(line->requested, line->cache_before - line->target);
}

TEST_F(TargetLevel, OfZeroFreesAllThatCanBeDropped) {
  const auto app = make("app");
  const auto data = file("data", MiB(150));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "100MiB", "--target", "0"});
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  EXPECT_LE(data.resident(), MiB(2));
}

TEST_F(TargetLevel, IsKeptForEachOfSeveralCgroups) {
  const auto a = make("a");
  const auto b = make("b");
  const auto c = make("c");
  const auto data_a = file("data-a", MiB(120));
  const auto data_b = file("data-b", MiB(160));
  const auto data_c = file("data-c", MiB(40));
  fill_clean(a, data_a);
  fill_clean(b, data_b);
  fill_clean(c, data_c);
  auto daemon = watch({"--threshold", "100MiB", "--target", "80MiB"});
  for (const auto& cgroup : {a, b}) {
    const auto line = daemon.wait_for_reclaim(cgroup);
    ASSERT_TRUE(line) << daemon.log();
    EXPECT_TRUE(is_as_far_as_time_allows(*line)) << testing::PrintToString(*line);
    EXPECT_TRUE(line->outcome == "out of time" || cgroup.reclaimable() <= MiB(80));
  }
  EXPECT_GE(data_c.resident(), nearly(MiB(40)));
  EXPECT_EQ(daemon.reclaims_of(c).size(), 0);
}

}  // namespace
}  // namespace cmm::test
