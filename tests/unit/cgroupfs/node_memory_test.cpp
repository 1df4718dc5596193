// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/node_memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using test::FakeTree;

TEST(NodeMemoryFile, IsReadBelowTheGivenRoot) {
  const FakeTree tree;
  tree.write_below_root("proc/meminfo",
                        "MemTotal: 2048 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\nSwapTotal: 1024 kB\n");
  const auto memory = read_node_memory(tree.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, MiB(2));
  EXPECT_EQ(memory->swap_total, MiB(1));
}

TEST(NodeMemoryFile, ThatCantBeReadOrUnderstoodIsAnErrorWithItsName) {
  const FakeTree tree;
  const auto path = tree.root() + "/proc/meminfo";
  tree.write_below_root("proc/meminfo", "nothing of the kind\n");
  EXPECT_EQ(read_node_memory(tree.root()).error().message(), "cannot parse " + path + ": unexpected content");
  std::filesystem::remove(path);
  EXPECT_EQ(read_node_memory(tree.root()).error().message(),
            "cannot read " + path + ": No such file or directory");
}

constexpr NodeMemory kNode{.total = GiB(4), .free = GiB(1), .available = GiB(3), .swap_total = {}};

TEST(NodeAvailable, IsWhatTheKernelSaysByDefault) {
  const FakeTree tree;
  EXPECT_EQ(read_node_available(tree.hierarchy(), NodeAvailable::mem_available, kNode).value(), GiB(3));
}

TEST(NodeAvailable, AsTheKubeletCountsItIsCapacityLessTheWorkingSet) {
  const FakeTree v1{CgroupVersion::v1};
  v1.write("", "memory.usage_in_bytes", std::to_string(GiB(2).count()) + "\n");
  v1.write("", "memory.stat", "total_inactive_file " + std::to_string(MiB(512).count()) + "\n");
  EXPECT_EQ(read_node_available(v1.hierarchy(), NodeAvailable::kubelet, kNode).value(), MiB(2048 + 512));

  const FakeTree v2;  // its root has no memory.current: MemTotal - MemFree
  v2.write("", "memory.stat", "inactive_file " + std::to_string(MiB(512).count()) + "\n");
  EXPECT_EQ(read_node_available(v2.hierarchy(), NodeAvailable::kubelet, kNode).value(), MiB(1024 + 512));
}

TEST(NodeAvailable, NamesTheFileThatItCantBeReadFrom) {
  const FakeTree tree;
  const auto available = read_node_available(tree.hierarchy(), NodeAvailable::kubelet, kNode);
  ASSERT_FALSE(available);
  EXPECT_EQ(available.error().path, tree.hierarchy().mount + "/memory.stat");
}

}  // namespace
}  // namespace cmm
