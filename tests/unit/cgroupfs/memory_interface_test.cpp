// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/memory_interface.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cmm {
namespace {

std::optional<Bytes> v1(const MemoryStat& stat) {
  return memory_interface(CgroupVersion::v1).reclaimable(stat);
}
std::optional<Bytes> v2(const MemoryStat& stat) {
  return memory_interface(CgroupVersion::v2).reclaimable(stat);
}

/// 100 MiB of file pages on the LRUs, and 30 MiB of shmem that is on none of them.
MemoryStat some_cache() {
  MemoryStat stat;
  stat.file = MiB(130);
  stat.shmem = MiB(30);
  stat.inactive_file = MiB(60);
  stat.active_file = MiB(40);
  stat.dirty = Bytes{};
  stat.writeback = Bytes{};
  return stat;
}

TEST(Reclaimable, IsWhatIsOnBothFileLrus) {
  EXPECT_EQ(v1(some_cache()), MiB(100));
  EXPECT_EQ(v2(some_cache()), MiB(100));
}

TEST(Reclaimable, LeavesDirtyPagesAndThoseUnderWritebackOut) {
  auto stat = some_cache();
  stat.dirty = MiB(7);
  stat.writeback = MiB(3);
  EXPECT_EQ(v1(stat), MiB(90));
  EXPECT_EQ(v2(stat), MiB(90));
}

TEST(Reclaimable, OfTmpfsAloneIsNothing) {
  MemoryStat stat;
  stat.file = stat.shmem = MiB(64);
  stat.inactive_file = stat.active_file = Bytes{};
  EXPECT_EQ(v1(stat), Bytes{});
  EXPECT_EQ(v2(stat), Bytes{});
}

TEST(Reclaimable, OnV2IsTheSmallerOfTheLrusAndTheFilePagesWithoutShmem) {
  auto stat = some_cache();
  stat.inactive_file = MiB(500);
  EXPECT_EQ(v2(stat), MiB(100)) << "the LRUs lag behind what was freed";
  stat = some_cache();
  stat.inactive_file = MiB(1);
  EXPECT_EQ(v2(stat), MiB(41)) << "mlocked pages are on no LRU";
}

TEST(Reclaimable, IsZeroAndNotHugeWhereStaleCountersContradictEachOther) {
  auto stat = some_cache();
  stat.dirty = MiB(90);
  stat.writeback = MiB(20);
  EXPECT_EQ(v1(stat), Bytes{});
  EXPECT_EQ(v2(stat), Bytes{});
  stat = some_cache();
  stat.shmem = MiB(131);
  EXPECT_EQ(v2(stat), Bytes{});
}

TEST(Reclaimable, IsUnknownWhereOneOfTheFileLrusIsAbsent) {
  auto stat = some_cache();
  stat.active_file.reset();
  EXPECT_EQ(v1(stat), std::nullopt);
  EXPECT_EQ(v2(stat), std::nullopt);
}

TEST(Reclaimable, IsUnknownWhereTheKernelNamesNoFileLru) {
  auto stat = some_cache();
  stat.active_file.reset();
  stat.inactive_file.reset();
  EXPECT_EQ(v1(stat), std::nullopt);
  EXPECT_EQ(v2(stat), std::nullopt);
}

TEST(Reclaimable, CountsOtherAbsentKeysAsNothingThatHinders) {
  MemoryStat stat;
  stat.inactive_file = MiB(5);
  stat.active_file = MiB(2);
  EXPECT_EQ(v1(stat), MiB(7));
  EXPECT_EQ(v2(stat), MiB(7));
}

TEST(MemoryInterface, NamesTheFilesOfItsVersion) {
  const auto& one = memory_interface(CgroupVersion::v1);
  const auto& two = memory_interface(CgroupVersion::v2);
  EXPECT_EQ(one.version, CgroupVersion::v1);
  EXPECT_EQ(one.usage, std::string{"memory.usage_in_bytes"});
  EXPECT_EQ(one.limit, std::string{"memory.limit_in_bytes"});
  EXPECT_EQ(one.high, nullptr);
  EXPECT_EQ(one.reclaim, std::string{"memory.force_empty"});
  EXPECT_EQ(two.version, CgroupVersion::v2);
  EXPECT_EQ(two.usage, std::string{"memory.current"});
  EXPECT_EQ(two.limit, std::string{"memory.max"});
  EXPECT_EQ(two.high, std::string{"memory.high"});
  EXPECT_EQ(two.reclaim, std::string{"memory.reclaim"});
}

}  // namespace
}  // namespace cmm
