// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/scan_watch.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace cmm {
namespace {

const CgroupRef kCgroup = std::make_shared<const Cgroup>(Cgroup{CgroupId{1}, "top/web", {}});

TEST(ScanWatch, GivesBackWhatTheCallsDid) {
  ScanWatch watch;
  EXPECT_EQ(watch.call(kCgroup, [] { return 42; }), 42);
}

TEST(ScanWatch, ShowsThatTheScanGotOn) {
  ScanWatch watch;
  const auto before = watch.step();
  const auto within = watch.call(kCgroup, [&] { return watch.step(); });
  EXPECT_NE(within, before);
  EXPECT_NE(watch.step(), within);
  EXPECT_NE(watch.step(), before);
}

TEST(ScanWatch, IsTakenOverInsideOfACall) {
  ScanWatch watch;
  CgroupRef hangs_on;
  EXPECT_THROW(watch.call(kCgroup, [&] { return hangs_on = watch.take_over(watch.step()); }), TakenOver);
  EXPECT_EQ(hangs_on, kCgroup);
  EXPECT_THROW(watch.call(kCgroup, [] { return 1; }), TakenOver) << "it stays so";
}

TEST(ScanWatch, IsNotTakenOverByTwo) {
  ScanWatch watch;
  CgroupRef second = kCgroup;
  EXPECT_THROW(watch.call(kCgroup,
                          [&] {
                            watch.take_over(watch.step());
                            return second = watch.take_over(watch.step());
                          }),
               TakenOver);
  EXPECT_EQ(second, nullptr);
}

// The thread may stand still there for any time, with the memory in its hands.
TEST(ScanWatch, IsNotTakenOverOutsideOfACall) {
  ScanWatch watch;
  EXPECT_EQ(watch.take_over(watch.step()), nullptr) << "before the first one";
  watch.call(kCgroup, [] { return 1; });
  EXPECT_EQ(watch.take_over(watch.step()), nullptr) << "between two";
  EXPECT_EQ(watch.call(kCgroup, [] { return 2; }), 2) << "and it goes on";
}

TEST(ScanWatch, IsNotTakenOverWhereItGotOnMeanwhile) {
  ScanWatch watch;
  const auto step = watch.call(kCgroup, [&] { return watch.step(); });
  watch.call(kCgroup, [&] {
    EXPECT_EQ(watch.take_over(step), nullptr);
    return 1;
  });
}

TEST(ScanWatch, KeepsTheCgroupThatAScanHangsOn) {
  ScanWatch watch;
  CgroupRef hangs_on;
  const auto hang = [&] {
    const auto cgroup = std::make_shared<const Cgroup>(*kCgroup);
    watch.call(cgroup, [&] { return hangs_on = watch.take_over(watch.step()); });
  };
  EXPECT_THROW(hang(), TakenOver);
  ASSERT_TRUE(hangs_on);
  EXPECT_EQ(hangs_on->path, "top/web") << "although the scan has let it go";
}

}  // namespace
}  // namespace cmm
