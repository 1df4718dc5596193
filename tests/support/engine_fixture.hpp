// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/engine.hpp"
#include "support/decision_text.hpp"
#include "support/fake_tree.hpp"
#include "support/moment.hpp"

namespace cmm::test {

/// Threshold 100 MiB, target 80 MiB, cooldown 30 s, one scan in 10 s; leaves below "top".
class EngineFixture : public testing::TestWithParam<CgroupVersion> {
 protected:
  EngineFixture() { tree.add("top"); }

  CgroupRef add(const std::string& name, Bytes cache, Bytes others = MiB(1)) {
    return tree.add("top/" + name, {.usage = cache + others, .cache = cache});
  }

  Engine& engine() {
    if (!made) {
      setup.hierarchy = tree.hierarchy();
      setup.parents = {{"top"}};
      setup.root = tree.root();
      made = std::make_unique<Engine>(setup);
    }
    return *made;
  }

  Scan scan(Duration after = {}) { return engine().scan(kStart + after); }

  static const TargetReport& row_of(const ScanReport& report, const std::string& name) {
    for (const auto& row : report.targets) {
      if (row.cgroup->path == "top/" + name) return row;
    }
    throw std::runtime_error("no row for " + name);
  }

  std::string decision(const std::string& name, Duration after = {}) {
    return decision_of(row_of(scan(after).report, name));
  }

  void set_pressure(const std::string& name, const std::string& avg10) const {
    const auto text = "some avg10=" + avg10 + " avg60=0.00 avg300=0.00 total=0\n";
    if (GetParam() == CgroupVersion::v1) return tree.write_below_root("proc/pressure/memory", text);
    tree.write("top/" + name, "memory.pressure", text);
  }

  void set_refaults(const std::string& name, Bytes cache, std::uint64_t pages) {
    add(name, cache);
    const auto* stat = memory_interface(GetParam()).stat;
    const auto* key =
        GetParam() == CgroupVersion::v1 ? "total_workingset_refault_file" : "workingset_refault_file";
    tree.write("top/" + name, stat,
               tree.read("top/" + name, stat) + key + " " + std::to_string(pages) + "\n");
  }

  FakeTree tree{GetParam()};
  EngineSetup setup{
      .hierarchy = {},
      .parents = {},
      .policy = {.threshold = MiB(100), .target = MiB(80), .cooldown = std::chrono::seconds{30}},
      .ability = {.spares_anon = true, .why_not = {}},
      .pace = {.shortest = std::chrono::seconds{1}, .longest = std::chrono::seconds{10}}};
  std::unique_ptr<Engine> made;
};

}  // namespace cmm::test
