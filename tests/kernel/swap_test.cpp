// SPDX-License-Identifier: Apache-2.0
#include "kernel/swap_test.hpp"

#include <gmock/gmock.h>

#include "support/kernel_setting.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

constexpr Bytes kAnon = MiB(64);
constexpr Bytes kCache = MiB(160);

/// What the tests that expect no swapping rest on: that this kernel swaps when it isn't held back.
bool swaps_without_care(const TestCgroup& cgroup) {
  try {
    cgroup.write(is_v1() ? "memory.force_empty" : "memory.reclaim", is_v1() ? "0" : "1G");
  } catch (const std::system_error&) {
    // EAGAIN: it couldn't get so much.
  }
  return cgroup.swapped() > Bytes{};
}

/// A kernel that finds enough cache that was read only once takes that first, whatever else it may take. So
/// the cache is read again and again, all of it is asked for, and the kernel is told to like swapping.
class Swap : public SwapTest {
 protected:
  void SetUp() override {
    SwapTest::SetUp();
    if (!IsSkipped() && in_vm()) eager_.emplace("vm/swappiness", "200");
  }

  /// The running kernel can be held to page cache.
  [[nodiscard]] bool spares_anon() const {
    return is_v1() || kernel_takes_swappiness(top().file("memory.reclaim"));
  }

  static constexpr unsigned kReads = 4;

  // In several rounds: only what a kernel with generations of pages has met unused more than once is old to
  // it.
  void expect_cache_freed_without_swapping(const TestCgroup& app, const TestCgroup& reader) {
    const auto data = file("data", kCache);
    for (int round = 0; round < 4; ++round) {
      fill_clean(reader, data, kReads);
      Finished result;
      // An emulated processor may not be done with it in the two seconds that a reclaim has.
      int tries = in_vm() ? 5 : 1;
      do {
        result = once({"--threshold", "16MiB", "--target", "0"});
        EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
      } while (--tries > 0 && app.reclaimable() > MiB(16));
      EXPECT_LE(app.reclaimable(), MiB(16)) << result.out;
      EXPECT_EQ(app.swapped(), Bytes{});
    }
  }

 private:
  std::optional<KernelSetting> eager_;
};

TEST_F(Swap, IsLeftAloneWhereTheKernelCanBeHeldToPageCache) {
  if (!spares_anon()) {
    GTEST_SKIP() << environment_name() << ": this kernel's memory.reclaim takes no swappiness=";
  }
  const auto app = make("app");
  if (is_v1()) app.write("memory.swappiness", "200");
  const Tenant tenant{app, [] { keep_anonymous(kAnon); }};
  expect_cache_freed_without_swapping(app, app);
  if (is_v1()) {
    EXPECT_EQ(app.swappiness(), 200);
  }
  EXPECT_TRUE(swaps_without_care(app));
}

TEST_F(Swap, IsLeftAloneInTheChildrenOfAContainerToo) {
  if (!is_v1())
    GTEST_SKIP() << environment_name() << ": memory.swappiness is v1's, this runs in the v1 machine";
  const auto container = make(container_scope('a'));
  const auto shy = make(container_scope('a') + "/shy");
  const auto eager = make(container_scope('a') + "/eager");
  container.write("memory.swappiness", "40");
  shy.write("memory.swappiness", "0");
  eager.write("memory.swappiness", "200");
  const Tenant of_shy{shy, [] { keep_anonymous(MiB(32)); }};
  const Tenant of_eager{eager, [] { keep_anonymous(kAnon); }};
  expect_cache_freed_without_swapping(container, eager);
  EXPECT_EQ(container.swappiness(), 40);
  EXPECT_EQ(shy.swappiness(), 0);
  EXPECT_EQ(eager.swappiness(), 200);
  EXPECT_TRUE(swaps_without_care(eager));
}

TEST_F(Swap, HoldsTheDaemonBackWhereTheKernelWouldSwap) {
  if (spares_anon()) GTEST_SKIP() << environment_name() << ": this kernel can be held to page cache";
  const auto app = make("app");
  const auto data = file("data", kCache);
  fill_clean(app, data);
  const Tenant tenant{app, [] { keep_anonymous(kAnon); }};
  EXPECT_THAT(once({"--threshold", "128MiB"}).out, HasSubstr("would swap"));
  auto daemon = watch({"--threshold", "128MiB", "--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_log("cgroup=" + app.path() + " over its threshold, but reclaim would swap"));
  ASSERT_TRUE(daemon.wait_for_scans(3));
  EXPECT_EQ(daemon.reclaims_of(app).size(), 0);
  EXPECT_GE(data.resident(), nearly(kCache));
  EXPECT_EQ(app.swapped(), Bytes{});
}

TEST_F(Swap, IsRiskedWithAllowSwap) {
  if (spares_anon()) GTEST_SKIP() << environment_name() << ": this kernel can be held to page cache";
  const auto app = make("app");
  const auto data = file("data", kCache);
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "128MiB", "--allow-swap"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->outcome, "target reached");
  EXPECT_LE(data.resident(), MiB(110));
}

TEST_F(Swap, ForbiddenToTheCgroupIsNoReasonToHoldBack) {
  if (is_v1())
    GTEST_SKIP() << environment_name() << ": memory.swap.max is v2's, this runs in the v2 machines";
  const auto app = make("app");
  app.write("memory.swap.max", "0");
  const Tenant tenant{app, [] { keep_anonymous(kAnon); }};
  expect_cache_freed_without_swapping(app, app);
}

}  // namespace
}  // namespace cmm::test
