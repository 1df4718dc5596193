// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/features.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "cgroupfs/memory_interface.hpp"
#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using test::FakeTree;

constexpr const char* kPressureLine = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";

TEST(MeasuresPressure, OfTheCgroupWhereItHasAnyOfItsOwn) {
  FakeTree tree{CgroupVersion::v2};
  tree.add("top");
  EXPECT_FALSE(measures_pressure(tree.hierarchy(), "top", tree.root())) << "psi=0";
  tree.write("top", "memory.pressure", kPressureLine);
  EXPECT_TRUE(measures_pressure(tree.hierarchy(), "top", tree.root()));
  EXPECT_FALSE(measures_pressure(tree.hierarchy(), "elsewhere", tree.root()));
}

TEST(MeasuresPressure, WhereItIsOnlySwitchedOffForThisCgroup) {
  FakeTree tree{CgroupVersion::v2};
  tree.add("top");
  tree.write_below_root("proc/pressure/memory", kPressureLine);
  EXPECT_TRUE(measures_pressure(tree.hierarchy(), "top", tree.root()));
}

TEST(MeasuresPressure, OfTheNodeOnV1) {
  FakeTree tree{CgroupVersion::v1};
  tree.add("top");
  EXPECT_FALSE(measures_pressure(tree.hierarchy(), "top", tree.root()));
  tree.write_below_root("proc/pressure/memory", kPressureLine);
  EXPECT_TRUE(measures_pressure(tree.hierarchy(), "top", tree.root()));
}

TEST(CountsRefaults, WhereMemoryStatHasTheKey) {
  for (const auto version : {CgroupVersion::v1, CgroupVersion::v2}) {
    FakeTree tree{version};
    tree.add("top");
    EXPECT_FALSE(counts_refaults(tree.hierarchy(), "top"));
    const auto& interface = memory_interface(version);
    for (const auto key : interface.refault_keys) {
      tree.write("top", interface.stat, std::string{key} + " 0\n");
      EXPECT_TRUE(counts_refaults(tree.hierarchy(), "top")) << key;
    }
  }
}

TEST(KernelFeatures, AreThoseOfACgroupWithTheController) {
  FakeTree tree;
  // In the order of the directory, which may be any, one without it comes before or after.
  for (const auto* each : {"a", "b", "d", "e"}) {
    tree.add(each);
    for (const auto* file :
         {"memory.max", "memory.high", "memory.stat", "memory.current", "memory.reclaim"}) {
      tree.remove_file(each, file);
    }
  }
  tree.add("c");
  tree.write("c", "memory.reclaim", "");
  tree.write("c", "memory.swap.max", "max\n");
  const auto features = probe_features(tree.hierarchy());
  EXPECT_EQ(features.reclaim, true);
  EXPECT_EQ(features.swap_by_cgroup, true);
  tree.remove_file("c", "memory.swap.max");
  EXPECT_EQ(probe_features(tree.hierarchy()).swap_by_cgroup, false);
}

TEST(KernelFeatures, AreUnknownWhereNobodyCanBeAsked) {
  const FakeTree tree;
  const auto features = probe_features(tree.hierarchy());
  EXPECT_EQ(features.swap_by_cgroup, std::nullopt);
  EXPECT_EQ(features.pressure_by_cgroup, std::nullopt);
}

}  // namespace
}  // namespace cmm
