// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "support/kernel_test.hpp"
#include "support/late_writeback.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

/// Page cache that can't be dropped, however much of it there is.
class PagesThatStay : public KernelTest {
 protected:
  void expect_left_alone(const TestCgroup& app) {
    EXPECT_GE(app.cache(), MiB(100));
    EXPECT_THAT(once({"--threshold", "64MiB", "--dry-run"}).out, HasSubstr("nothing reclaimable"));
    auto daemon = watch({"--threshold", "64MiB", "--interval", "100ms", "--cooldown", "0"});
    ASSERT_TRUE(daemon.wait_for_scans(8));
    EXPECT_EQ(daemon.reclaims_of(app).size(), 0) << daemon.log();
    EXPECT_GE(app.cache(), MiB(100));
    EXPECT_EQ(daemon.stop(), ExitStatus{0});
  }
};

TEST_F(PagesThatStay, AsSharedMemoryAreNotReclaimedInALoop) {
  const auto app = make("app");
  const Tenant tenant{app, [] { keep_shmem(MiB(100)); }};
  expect_left_alone(app);
}

TEST_F(PagesThatStay, AsLockedOnesAreNotReclaimedInALoop) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  const Tenant tenant{app, [&] { data.lock_into_memory(); }};
  expect_left_alone(app);
}

TEST_F(PagesThatStay, DoNotKeepOthersFromBeingFreed) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  const Tenant tenant{app, [] { keep_shmem(MiB(100)); }};
  fill_clean(app, data);
  auto daemon =
      watch({"--threshold", "64MiB", "--target", "32MiB", "--interval", "100ms", "--cooldown", "0"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->outcome, "target reached");
  ASSERT_TRUE(daemon.wait_for_scans(5));
  EXPECT_EQ(daemon.reclaims_of(app).size(), 1) << daemon.log();
  EXPECT_GE(app.cache(), MiB(100));
}

/// Dirty pages can be dropped once they are written to the disk.
class DirtyPages : public KernelTest {
 private:
  LateWriteback late_;
};

constexpr Bytes kDirty = MiB(96);

TEST_F(DirtyPages, AreLeftAloneUntilTheyAreOnTheDisk) {
  const auto app = make("app");
  const auto clean = file("clean", MiB(32));
  // The kernel may have a reason of its own to write them back early.
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto data = file("data", kDirty);
    fill_clean(app, clean);
    fill_dirty(app, data);
    auto daemon = watch({"--threshold", "48MiB", "--interval", "100ms", "--cooldown", "0"});
    ASSERT_TRUE(daemon.wait_for_scans(8));
    if (app.stat().dirty < kDirty - MiB(8)) continue;
    EXPECT_EQ(daemon.reclaims_of(app).size(), 0) << daemon.log();
    EXPECT_GE(data.resident(), nearly(kDirty));

    data.sync();
    // More than one reclaim may be at it, as the pages come clean one after the other.
    EXPECT_TRUE(daemon.wait_until([&] { return data.resident() <= MiB(48); })) << daemon.log();
    ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
    EXPECT_TRUE(is_as_far_as_time_allows(daemon.reclaims_of(app).back())) << daemon.log();
    return;
  }
  FAIL() << "the kernel wrote them back too early";
}

TEST_F(DirtyPages, DoNotKeepCleanOnesFromBeingFreed) {
  const auto app = make("app");
  const auto clean = file("clean", MiB(128));
  const auto dirty = file("dirty", kDirty);
  fill_clean(app, clean);
  fill_dirty(app, dirty);
  auto daemon = watch({"--threshold", "96MiB", "--target", "32MiB", "--interval", "100ms"});
  const auto line = daemon.wait_for_reclaim(app);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->outcome, "target reached");
  EXPECT_LE(clean.resident(), MiB(34));
  EXPECT_LT(line->slices, 200);
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

}  // namespace
}  // namespace cmm::test
