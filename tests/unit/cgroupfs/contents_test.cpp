// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a file of the kernel: either it is refused, or what comes out is what the undamaged file
// says.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cgroupfs/cgroup_files.hpp"
#include "cgroupfs/inspect.hpp"
#include "cgroupfs/owner_mark.hpp"
#include "cgroupfs/parse.hpp"
#include "cgroupfs/swappiness_journal.hpp"
#include "cgroupfs/text_file.hpp"
#include "support/fake_tree.hpp"
#include "support/mutations.hpp"

namespace cmm {
namespace {

using test::FakeTree;
using test::mutants;
using testing::HasSubstr;

constexpr std::string_view kStatV1 =
    "cache 1\nrss 2\nshmem 3\ndirty 4\ninactive_file 5\nactive_file 6\nhierarchical_memory_limit 536870912\n"
    "total_cache 8192000\ntotal_rss 4096000\ntotal_shmem 12288\ntotal_dirty 16384\ntotal_writeback 20480\n"
    "total_workingset_refault_file 42\ntotal_inactive_file 5000000\ntotal_active_file 3000000\n";
constexpr std::string_view kStatV2 =
    "anon 67108864\nfile 104857600\nkernel 1234567\nshmem 8388608\nfile_mapped 4096\nfile_dirty 12288\n"
    "file_writeback 8192\ninactive_anon 0\ninactive_file 90000000\nactive_file 6000000\nslab 3\n"
    "workingset_refault_file 42\n";
constexpr std::string_view kMeminfo =
    "MemTotal:       24684096 kB\nMemFree:        22000000 kB\nMemAvailable:   23000000 kB\n"
    "Buffers:             100 kB\nSwapTotal:       2097148 kB\nSwapFree:        2097148 kB\n";
constexpr std::string_view kMountinfo =
    "24 30 0:22 / /sys rw,relatime shared:7 - sysfs sysfs rw\n"
    "33 24 0:28 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
    "40 24 0:35 / /sys/fs/cgroup/memory rw shared:18 master:2 - cgroup cgroup rw,memory\n";
constexpr std::string_view kPressure =
    "some avg10=1.50 avg60=0.20 avg300=0.00 total=12\nfull avg10=0.25 avg60=0.10 avg300=0.00 total=3\n";
constexpr std::string_view kProcessStat =
    "4711 (a) name (b) S 1 4711 4711 34816 -1 4194304 90 0 1 0 7 3 0 0 20 0 1 0 8000 5828608 999 "
    "18446744073709551615 0 0\n";

/// `parse` answers to each mutant of the specimen with nothing, or with what the specimen itself says.
template <class Parse, class Value>
void expect_nothing_or(const Value& right, std::string_view specimen, const Parse& parse) {
  ASSERT_EQ(parse(std::string_view{specimen}), std::optional{right});
  for (const auto& [what, text] : mutants(specimen)) {
    const auto value = parse(std::string_view{text});
    EXPECT_TRUE(!value || *value == right) << what << " of " << specimen;
  }
}

/// … and to what ends within a line with nothing.
template <class Parse>
void expect_nothing_of_a_part(std::string_view specimen, const Parse& parse) {
  for (const auto& [what, text] : test::truncated(specimen)) {
    if (text.ends_with('\n')) continue;
    EXPECT_FALSE(parse(std::string_view{text})) << what << " of " << specimen;
  }
}

TEST(Contents, OfANumberAreRightOrRefused) {
  expect_nothing_or(std::uint64_t{104857600}, "104857600\n", parse_number);
  expect_nothing_of_a_part("104857600\n", parse_number);
}

TEST(Contents, OfALimitAreRightOrRefused) {
  expect_nothing_or(Limit{MiB(100)}, "104857600\n", parse_limit);
  expect_nothing_or(Limit::max(), "max\n", parse_limit);
  expect_nothing_or(Limit::max(), "9223372036854771712\n", parse_set_limit);
  expect_nothing_of_a_part("104857600\n", parse_limit);
  expect_nothing_of_a_part("max\n", parse_limit);
}

// A key may be missing, as older kernels have fewer: then its field is absent, and not zero.
TEST(Contents, OfMemoryStatAreRightAbsentOrRefusedFieldByField) {
  for (const auto& [version, specimen] :
       {std::pair{CgroupVersion::v1, kStatV1}, {CgroupVersion::v2, kStatV2}}) {
    const auto& interface = memory_interface(version);
    const auto right = parse_memory_stat(specimen, interface.stat_keys);
    ASSERT_TRUE(right && has_all(*right, interface.stat_keys));
    for (const auto& [what, text] : mutants(specimen)) {
      const auto stat = parse_memory_stat(text, interface.stat_keys);
      if (!stat) continue;
      for (const auto& key : interface.stat_keys) {
        const auto& value = (*stat).*key.field;
        EXPECT_TRUE(!value || value == (*right).*key.field) << key.name << " of " << what;
      }
      const auto cache = interface.reclaimable(*stat);
      EXPECT_TRUE(!cache || (stat->inactive_file && stat->active_file)) << what;
    }
    expect_nothing_of_a_part(specimen,
                             [&](auto text) { return parse_memory_stat(text, interface.stat_keys); });
  }
}

TEST(Contents, OfMemoryStatThatSayAKeyTwiceCountTheFirst) {
  const auto& interface = memory_interface(CgroupVersion::v2);
  const std::string in_order = "anon 1\nfile 2\nfile 3\nshmem 4\nfile_dirty 5\nfile_writeback 6\n";
  const auto lrus = std::string{"inactive_file 7\nactive_file 8\n"};
  EXPECT_EQ(parse_memory_stat(in_order + lrus, interface.stat_keys)->file, Bytes{2});
  EXPECT_EQ(parse_memory_stat(lrus + in_order, interface.stat_keys)->file, Bytes{2});
}

TEST(Contents, OfRefaultsAreRightOrRefused) {
  for (const auto& [version, specimen] :
       {std::pair{CgroupVersion::v1, kStatV1}, {CgroupVersion::v2, kStatV2}}) {
    const auto parse = [&interface = memory_interface(version)](std::string_view text) {
      return find_refaults(text, interface);
    };
    expect_nothing_or(Bytes{42 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))}, specimen, parse);
    expect_nothing_of_a_part(specimen, parse);
  }
}

TEST(Contents, OfRefaultsAreRefusedWhereTheirBytesPassAllNumbers) {
  const auto& interface = memory_interface(CgroupVersion::v2);
  EXPECT_EQ(find_refaults("workingset_refault_file 18446744073709551615\n", interface), std::nullopt);
  EXPECT_EQ(find_refaults("workingset_refault_file 4503599627370497\n", interface), std::nullopt)
      << "in 64 bits it would be one page";
}

TEST(Contents, OfEventsAreRightOrRefused) {
  constexpr std::string_view kEvents = "low 0\nhigh 1\nmax 22\noom 3\noom_kill 4\n";
  const auto parse = [](std::string_view text) { return find_value(text, "max"); };
  expect_nothing_or(std::uint64_t{22}, kEvents, parse);
  expect_nothing_of_a_part(kEvents, parse);
}

TEST(Contents, OfPressureAreRightOrRefused) {
  expect_nothing_or(Percent{1.5}, kPressure, [](std::string_view text) { return parse_pressure(text); });
}

TEST(Contents, OfMeminfoAreRightOrRefused) {
  const auto parse = [](std::string_view text) -> std::optional<std::array<Bytes, 4>> {
    const auto memory = parse_meminfo(text);
    if (!memory) return std::nullopt;
    return std::array{memory->total, memory->free, memory->available, memory->swap_total};
  };
  expect_nothing_or(std::array{KiB(24684096), KiB(22000000), KiB(23000000), KiB(2097148)}, kMeminfo, parse);
  expect_nothing_of_a_part(kMeminfo.substr(0, kMeminfo.find("SwapFree")), parse);
}

// Names have any bytes, so that only lines can be looked after here.
TEST(Contents, OfMountinfoAreMountsThatThereAre) {
  const auto text_of = [](const Mount& mount) {
    return fmt::format("{} {} {} {}", mount.root, mount.mount_point, mount.type, mount.super_options);
  };
  std::vector<std::string> right;
  for (const auto& mount : parse_mountinfo(kMountinfo)) right.push_back(text_of(mount));
  ASSERT_EQ(right.size(), 3U);
  for (const auto& damaged :
       {test::truncated(kMountinfo), test::without_a_line(kMountinfo), test::with_a_line_twice(kMountinfo),
        test::with_another_number(kMountinfo), test::with_a_long_line(kMountinfo), test::strange_files()}) {
    for (const auto& [what, text] : damaged) {
      for (const auto& mount : parse_mountinfo(text)) {
        EXPECT_THAT(right, testing::Contains(text_of(mount))) << what;
      }
    }
  }
}

TEST(Contents, OfMountinfoWithLineEndsOfDosHaveNoMemoryHierarchyOfV1) {
  for (const auto& mount : parse_mountinfo(test::with_crlf(kMountinfo).text)) {
    EXPECT_FALSE(contains_word(mount.super_options, ',', "memory"));
  }
}

TEST(Contents, OfCgroupProcsAreProcessesThatThereAreOrRefused) {
  constexpr std::string_view kProcs = "1\n4711\n0\n";
  ASSERT_EQ(parse_pids(kProcs), (std::vector<pid_t>{1, 4711, 0}));
  for (const auto& [what, text] : mutants(kProcs)) {
    const auto pids = parse_pids(text);
    const auto is_known = [&](pid_t pid) { return kProcs.find(fmt::format("{}\n", pid)) != kProcs.npos; };
    EXPECT_TRUE(!pids || std::ranges::all_of(*pids, is_known)) << what;
  }
  EXPECT_FALSE(parse_pids("1\n47")) << "that would be another process";
  EXPECT_FALSE(parse_pids("4294967297\n")) << "in 32 bits that would be init";
}

TEST(Contents, OfAProcessesStatAreRightOrRefused) {
  expect_nothing_or(ProcessStart{4711, 8000}, kProcessStat, parse_process_stat);
  expect_nothing_of_a_part(kProcessStat, parse_process_stat);
}

TEST(Contents, OfAnOwnersMarkAreWhatThisProgramWritesOrRefused) {
  const OwnerMark right{{4711, 8000}, "pid:[4026531836]", MadeAs::parent};
  const auto specimen = to_string(right);
  ASSERT_EQ(parse_owner_mark(specimen), right);
  for (const auto& [what, text] : mutants(specimen)) {
    const auto mark = parse_owner_mark(text);
    if (mark) {
      EXPECT_EQ(to_string(*mark), text) << what;
    }
  }
  for (const auto* text : {"", " pid:[1]", "x pid:[1]", "../../x 1 pid:[1]", "1 2 pid:[]", "1 2 pid:[x]",
                           "0 2 pid:[1]", "-1 2 pid:[1]", "01 2 pid:[1]", "1 2 3 pid:[1]", "1 2 pid:[1] ",
                           "4294967297 2 pid:[1]", "1 18446744073709551616 pid:[1]"}) {
    EXPECT_FALSE(parse_owner_mark(text)) << text;
  }
}

TEST(Contents, OfAJournalAreRecordsThatWereWritten) {
  constexpr std::string_view kJournal = "+ 1 60 a\n+ 2 10 b/c\n- 1 60 a\n+ 3 100 d\n";
  const std::vector<Swappiness> written{
      {CgroupId{1}, 60, "a"}, {CgroupId{2}, 10, "b/c"}, {CgroupId{3}, 100, "d"}};
  for (const auto& damaged :
       {test::truncated(kJournal), test::without_a_line(kJournal), test::with_a_line_twice(kJournal),
        test::with_another_number(kJournal), test::with_a_long_line(kJournal), test::strange_files()}) {
    for (const auto& [what, text] : damaged) {
      for (const auto& record : open_records(text)) EXPECT_THAT(written, testing::Contains(record)) << what;
    }
  }
}

TEST(Contents, OfAnEndlessFileAreRefused) {
  const auto text = read_file("/dev/zero");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message(), "cannot read /dev/zero: File too large");
}

/// What is said of a cgroup where one of its files says this.
std::string inspected(const char* file, std::string_view says) {
  FakeTree tree;
  tree.add("a");
  tree.write("a", file, says);
  const auto seen = inspect(tree.hierarchy(), "a");
  return seen ? "nothing wrong" : seen.error().message();
}

TEST(Contents, OfAFileOfACgroupThatMakeNoSenseAreToldWithTheFile) {
  for (const auto* file : {"memory.current", "memory.max", "memory.stat"}) {
    EXPECT_THAT(inspected(file, "junk\n"), HasSubstr(fmt::format("/a/{}: unexpected content", file)));
    EXPECT_THAT(inspected(file, ""), HasSubstr(fmt::format("/a/{}: unexpected content", file)));
  }
  EXPECT_THAT(inspected("memory.high", "10485"), HasSubstr("/a/memory.high: unexpected content"))
      << "no limit, for one that can't be read, is a limit that is too large";
}

}  // namespace
}  // namespace cmm
