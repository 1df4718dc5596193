// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "engine/engine.hpp"
#include "support/decision_text.hpp"
#include "support/fake_tree.hpp"

namespace cmm::test {

/// What scans on threads of their own look at: leaves below "top", threshold 100 MiB, target 80 MiB. Files
/// can be made to hang: a pipe without a writer blocks whoever opens it.
class ScanFixture : public testing::Test {
 protected:
  static constexpr auto kUsageFile = "memory.current";

  ScanFixture() {
    tree.add("top");
    setup.hierarchy = tree.hierarchy();
    setup.parents = {{"top"}};
    setup.root = tree.root();
    setup.policy = {.threshold = MiB(100), .target = MiB(80)};
    setup.ability = {.spares_anon = true, .why_not = {}};
  }

  void add(const std::string& name, Bytes cache = MiB(200)) {
    tree.add("top/" + name, {.usage = cache + MiB(1), .cache = cache});
  }

  void make_hang(const std::string& name, const std::string& file = kUsageFile) const {
    tree.remove_file("top/" + name, file);
    if (::mkfifo(path_of(name, file).c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
  }

  /// Lets whoever hangs in the file go on, to find it empty; false where nobody does.
  [[nodiscard]] bool let_go(const std::string& name, const std::string& file = kUsageFile) const {
    const UniqueFd writer{::open(path_of(name, file).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
    return writer.get() >= 0;
  }

  [[nodiscard]] std::string path_of(const std::string& name, const std::string& file = kUsageFile) const {
    return tree.absolute("top/" + name) + "/" + file;
  }

  static std::string decision(const ScanReport& report, const std::string& name) {
    for (const auto& row : report.targets) {
      if (row.cgroup->path == "top/" + name) return decision_of(row);
    }
    return "no row";
  }

  FakeTree tree;
  EngineSetup setup{.hierarchy = {}, .parents = {}, .policy = {}, .ability = {}};
};

}  // namespace cmm::test
