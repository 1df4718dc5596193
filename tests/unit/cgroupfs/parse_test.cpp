// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cmm {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::optional<MemoryStat> stat_of(CgroupVersion version, std::string_view text) {
  return parse_memory_stat(text, memory_interface(version).stat_keys);
}

TEST(Number, IsReadWithItsNewline) {
  EXPECT_EQ(parse_number("0\n"), 0U);
  EXPECT_EQ(parse_number("4096\n"), 4096U);
  EXPECT_EQ(parse_number("007\n"), 7U);
  EXPECT_EQ(parse_number("18446744073709551615\n"), 18446744073709551615U);
}

TEST(Number, IsNothingWhereTheTextIsAnythingElse) {
  for (const auto* text :
       {"", "\n", " ", "4096", "-1\n", "+1\n", " 1\n", "1 \n", "1\n\n", "1\n2\n", "1 2\n", "12a\n", "0x10\n",
        "1.5\n", "max\n", "18446744073709551616\n", "99999999999999999999999\n"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_number(std::string_view{"1\0", 2}), std::nullopt);
}

TEST(LimitText, IsBytesOrNone) {
  EXPECT_EQ(parse_limit("104857600\n"), Limit{MiB(100)});
  EXPECT_EQ(parse_limit("0\n"), Limit{Bytes{}});
  EXPECT_EQ(parse_limit("max\n"), Limit::max());
}

TEST(LimitText, OfUnlimitedOnV1IsANumberAboveAllMemory) {
  EXPECT_EQ(parse_limit("9223372036854771712\n"), Limit{Bytes{9223372036854771712U}});
}

TEST(LimitText, IsNothingWhereItMakesNoSense) {
  for (const auto* text :
       {"", "\n", "104857600", "max", "Max\n", "maximum\n", "max max\n", "-1\n", "10M\n"}) {
    EXPECT_EQ(parse_limit(text), std::nullopt) << text;
  }
}

TEST(LimitText, OfUnlimitedOnV1IsNoneForWhoeverShowsIt) {
  EXPECT_EQ(parse_set_limit("9223372036854771712\n"), Limit::max());
  EXPECT_EQ(parse_set_limit("9223372036854775807\n"), Limit::max());
  EXPECT_EQ(parse_set_limit("max\n"), Limit::max());
  EXPECT_EQ(parse_set_limit("9223372036854767616\n"), Limit{Bytes{9223372036854767616U}});
  EXPECT_EQ(parse_set_limit("0\n"), Limit{Bytes{}});
  EXPECT_EQ(parse_set_limit("-1\n"), std::nullopt);
}

constexpr std::string_view kStatV1 =
    "cache 111\nrss 112\nrss_huge 0\nshmem 113\nmapped_file 114\ndirty 115\nwriteback 116\nswap 0\n"
    "pgpgin 6137\npgpgout 4210\npgfault 7722\npgmajfault 21\ninactive_anon 117\nactive_anon 118\n"
    "inactive_file 119\nactive_file 120\nunevictable 0\nhierarchical_memory_limit 536870912\n"
    "hierarchical_memsw_limit 9223372036854771712\ntotal_cache 8192000\ntotal_rss 4096000\ntotal_rss_huge 0\n"
    "total_shmem 12288\ntotal_mapped_file 122\ntotal_dirty 16384\ntotal_writeback 20480\ntotal_swap 0\n"
    "total_pgpgin 6137\ntotal_inactive_anon 1\ntotal_active_anon 2\ntotal_inactive_file 5000000\n"
    "total_active_file 3000000\ntotal_unevictable 0\n";

TEST(StatV1, TakesTheTotalsAndNotTheLocalValuesOfTheSameName) {
  const auto stat = stat_of(CgroupVersion::v1, kStatV1);
  const MemoryStat expected{.file = Bytes{8192000},
                            .shmem = Bytes{12288},
                            .inactive_file = Bytes{5000000},
                            .active_file = Bytes{3000000},
                            .dirty = Bytes{16384},
                            .writeback = Bytes{20480},
                            .anon = Bytes{4096000},
                            .hierarchical_limit = Bytes{536870912}};
  EXPECT_EQ(stat, expected);
}

constexpr std::string_view kStatV2 =
    "anon 67108864\nfile 104857600\nkernel 1234567\nkernel_stack 49152\npagetables 65536\nsec_pagetables 0\n"
    "percpu 0\nsock 0\nvmalloc 0\nshmem 8388608\nzswap 0\nzswapped 0\nfile_mapped 4096\nfile_dirty 12288\n"
    "file_writeback 8192\nswapcached 0\nanon_thp 0\nfile_thp 0\nshmem_thp 0\ninactive_anon 0\n"
    "active_anon 67108864\ninactive_file 90000000\nactive_file 6000000\nunevictable 0\nslab_reclaimable 1\n"
    "slab_unreclaimable 2\nslab 3\nworkingset_refault_anon 0\nworkingset_refault_file 42\npgfault 9999\n";

TEST(StatV2, TakesExactlyTheWantedKeys) {
  const auto stat = stat_of(CgroupVersion::v2, kStatV2);
  const MemoryStat expected{.file = Bytes{104857600},
                            .shmem = Bytes{8388608},
                            .inactive_file = Bytes{90000000},
                            .active_file = Bytes{6000000},
                            .dirty = Bytes{12288},
                            .writeback = Bytes{8192},
                            .anon = Bytes{67108864},
                            .hierarchical_limit = {}};
  EXPECT_EQ(stat, expected);
}

TEST(Stat, MissingKeysAreAbsentAndNotZero) {
  const auto stat = stat_of(CgroupVersion::v2, "file 4096\nshmem 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->file, Bytes{4096});
  EXPECT_EQ(stat->shmem, Bytes{});
  EXPECT_EQ(stat->inactive_file, std::nullopt);
  EXPECT_EQ(stat->dirty, std::nullopt);
}

TEST(Stat, IsNothingWhereNoWantedKeyIsThere) {
  EXPECT_EQ(stat_of(CgroupVersion::v2, ""), std::nullopt);
  EXPECT_EQ(stat_of(CgroupVersion::v2, "kernel 1\nfile_mapped 2\nfiles 3\n"), std::nullopt);
  EXPECT_EQ(stat_of(CgroupVersion::v1, "cache 1\ninactive_file 2\n"), std::nullopt) << "local values only";
}

TEST(Stat, IsNothingWhereAWantedValueIsMalformed) {
  for (const auto* text : {"file x\nshmem 0\n", "file\nshmem 0\n", "file \nshmem 0\n", "file -1\n",
                           "shmem 0\nfile 1 2\n", "file 18446744073709551616\n"}) {
    EXPECT_EQ(stat_of(CgroupVersion::v2, text), std::nullopt) << text;
  }
}

/// All keys of v2, in the kernel's order, and this as the value of the last one.
std::string whole_stat(const std::string& active_file) {
  return "anon 1\nfile 2\nshmem 3\nfile_dirty 4\nfile_writeback 5\ninactive_file 6\nactive_file " +
         active_file + "\n";
}

TEST(Stat, TakesNumbersOf64Bits) {
  for (const auto most : {9999999999999999999U, 10000000000000000000U, 18446744073709551615U}) {
    const auto stat = stat_of(CgroupVersion::v2, whole_stat(std::to_string(most)));
    ASSERT_TRUE(stat) << most;
    EXPECT_EQ(stat->active_file, Bytes{most});
  }
  for (const auto* wrong : {"18446744073709551616", "99999999999999999999", "", "-1", "1 ", "0x1"}) {
    EXPECT_EQ(stat_of(CgroupVersion::v2, whole_stat(wrong)), std::nullopt) << wrong;
  }
}

TEST(Stat, MalformedLinesThatNobodyWantsDoNoHarm) {
  const auto stat = stat_of(CgroupVersion::v2, "\nnew_key a b c\n  \nkernel\nfile 4096\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->file, Bytes{4096});
}

TEST(Mountinfo, OfAHybridHostShowsBothHierarchies) {
  const auto mounts = parse_mountinfo(
      "24 30 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
      "33 24 0:28 / /sys/fs/cgroup/unified rw,nosuid,nodev - cgroup2 cgroup2 rw,nsdelegate\n"
      "40 24 0:35 / /sys/fs/cgroup/memory rw,nosuid shared:18 master:2 propagate_from:3 - cgroup cgroup "
      "rw,memory\n");
  ASSERT_THAT(mounts, SizeIs(3));
  EXPECT_EQ(mounts[1].type, "cgroup2");
  EXPECT_EQ(mounts[1].mount_point, "/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts[2].type, "cgroup");
  EXPECT_EQ(mounts[2].mount_point, "/sys/fs/cgroup/memory")
      << "optional tags, from none to many, are passed over";
  EXPECT_EQ(mounts[2].super_options, "rw,memory");
}

TEST(Mountinfo, ResolvesOctalEscapesInPaths) {
  const auto mounts =
      parse_mountinfo("1 2 0:3 /a\\134b /mnt/with\\040blank\\011tab rw - cgroup none rw,memory\n");
  ASSERT_THAT(mounts, SizeIs(1));
  EXPECT_EQ(mounts[0].root, "/a\\b");
  EXPECT_EQ(mounts[0].mount_point, "/mnt/with blank\ttab");
}

TEST(Mountinfo, LeavesABackslashAloneThatEscapesNothing) {
  const auto mounts = parse_mountinfo(R"(1 2 0:3 / /a\04 rw - t s o
1 2 0:3 / /a\089 rw - t s o
1 2 0:3 / /end\ rw - t s o
1 2 0:3 / /no\777byte rw - t s o
)");
  ASSERT_THAT(mounts, SizeIs(4));
  EXPECT_EQ(mounts[0].mount_point, R"(/a\04)");
  EXPECT_EQ(mounts[1].mount_point, R"(/a\089)");
  EXPECT_EQ(mounts[2].mount_point, R"(/end\)");
  EXPECT_EQ(mounts[3].mount_point, R"(/no\777byte)");
}

TEST(Mountinfo, KeepsTheRootOfAPrivateCgroupNamespaceAsItIs) {
  const auto mounts = parse_mountinfo("613 612 0:26 /.. /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n");
  ASSERT_THAT(mounts, SizeIs(1));
  EXPECT_EQ(mounts[0].root, "/..");
}

TEST(Mountinfo, PassesOverLinesOfAnotherForm) {
  EXPECT_THAT(parse_mountinfo(""), IsEmpty());
  EXPECT_THAT(parse_mountinfo("\n\n"), IsEmpty());
  EXPECT_THAT(parse_mountinfo("no dash here\n1 2 0:3 / - cgroup x y\n - \n1 2 0:3 / /m rw - \n"), IsEmpty());
  EXPECT_THAT(parse_mountinfo("1 2 0:3 / /m\\000 rw - t s o\n"), IsEmpty()) << "no path has that byte";
  EXPECT_THAT(parse_mountinfo("1 2 0:3 / /m rw - cgroup s rw,memo"), IsEmpty()) << "the rest is missing";
  EXPECT_THAT(parse_mountinfo("junk\n1 2 0:3 / /m rw - t s o\njunk"), SizeIs(1));
}

TEST(WordList, HoldsWholeWordsOnly) {
  EXPECT_TRUE(contains_word("cpuset cpu io memory pids\n", ' ', "memory"));
  EXPECT_TRUE(contains_word("memory\n", ' ', "memory"));
  EXPECT_TRUE(contains_word("rw,memory", ',', "memory"));
  EXPECT_FALSE(contains_word("cpuset cpu\n", ' ', "cpus"));
  EXPECT_FALSE(contains_word("rw,memory2,xmemory", ',', "memory"));
  EXPECT_FALSE(contains_word("\n", ' ', "memory"));
}

TEST(Meminfo, SaysHowMuchMemoryAndSwapThereIs) {
  const auto memory = parse_meminfo(
      "MemTotal:       24684096 kB\nMemFree:        22000000 kB\nMemAvailable:   23000000 kB\n"
      "SwapCached:            0 kB\n"
      "SwapTotal:       2097148 kB\nSwapFree:        2097148 kB\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, KiB(24684096));
  EXPECT_EQ(memory->free, KiB(22000000));
  EXPECT_EQ(memory->available, KiB(23000000));
  EXPECT_EQ(memory->swap_total, KiB(2097148));
}

TEST(Meminfo, IsNothingWithoutASensibleTotal) {
  constexpr std::string_view kRest = "MemFree: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\n";
  EXPECT_TRUE(parse_meminfo("MemTotal: 2 kB\n" + std::string{kRest}));
  for (const auto* text : {"", "MemTotal:\n", "MemTotal: kB\n", "MemTotal: 0 kB\n", "MemTotal: 12\n",
                           "MemTotal: x kB\n", "MemTotal: 18446744073709551615 kB\n", "MemTotal: -1 kB\n"}) {
    EXPECT_FALSE(parse_meminfo(text + std::string{kRest})) << text;
  }
}

TEST(Meminfo, IsNothingWhereItsLineOnSwapIsMissingOrMakesNoSense) {
  // No swap is a promise that nothing can be swapped out: it isn't made of a line that can't be read.
  constexpr std::string_view kBeginning = "MemTotal: 1024 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\n";
  EXPECT_FALSE(parse_meminfo(kBeginning));
  EXPECT_FALSE(parse_meminfo(std::string{kBeginning} + "SwapTotal: lots\n"));
}

TEST(PressureText, IsTheAverageOfTenSecondsOfItsKind) {
  constexpr std::string_view kSome = "some avg10=1.50 avg60=0.20 avg300=0.00 total=12\n";
  constexpr std::string_view kFull = "full avg10=0.25 avg60=0.10 avg300=0.00 total=3\n";
  EXPECT_EQ(parse_pressure(kSome), Percent{1.5});
  EXPECT_EQ(parse_pressure(kFull, "full"), Percent{0.25});
  EXPECT_EQ(parse_pressure("full avg10=100.00 avg60=0.10\n", "full"), Percent{100});
}

TEST(PressureText, IsNothingWhereTheKindIsAnotherOrTheNumberMakesNoSense) {
  EXPECT_EQ(parse_pressure("full avg10=0.25 avg60=0.10\n"), std::nullopt);
  EXPECT_EQ(parse_pressure("some avg10=0.25 avg60=0.10\n", "full"), std::nullopt);
  for (const auto* text : {"", "full", "full \n", "full avg10=\n", "full avg10=-1.00 avg60=0\n",
                           "full avg10=100.01 \n", "full avg10=1.0x avg60=0\n", "full avg10=1",
                           "full avg10=-0.00 avg60=0\n", "fuller avg10=0.25 avg60=0.10\n"}) {
    EXPECT_EQ(parse_pressure(text, "full"), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cmm
