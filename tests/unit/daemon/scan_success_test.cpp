// SPDX-License-Identifier: Apache-2.0
#include "daemon/scan_success.hpp"

#include <gtest/gtest.h>

namespace cmm {
namespace {

Error gone(const std::string& path) {
  return {std::make_error_code(std::errc::no_such_file_or_directory), "open", path};
}

TEST(ScanSuccess, NeedsAParentThatCanBeRead) {
  EngineSetup setup;
  setup.hierarchy.mount = "/cg";
  setup.parents = {{"a"}, {"b"}};
  ScanReport report;
  EXPECT_TRUE(has_succeeded(report, setup)) << "with nothing to watch yet";
  report.unreadable_branches = {gone("/cg/a"), gone("/cg/b/child")};
  EXPECT_TRUE(has_succeeded(report, setup)) << "b is there";
  report.unreadable_branches.push_back(gone("/cg/b"));
  EXPECT_FALSE(has_succeeded(report, setup));
  report.gate_closed = GateClosed{};
  EXPECT_TRUE(has_succeeded(report, setup)) << "nobody looked";
}

TEST(ScanSuccess, IsToWaitForAParentWhereThatWasAskedFor) {
  EngineSetup setup;
  setup.hierarchy.mount = "/cg";
  setup.parents = {{"a"}};
  ScanReport report;
  report.awaited = {{"a"}};
  EXPECT_TRUE(has_succeeded(report, setup));
  report.awaited.clear();
  report.unreadable_branches = {{std::make_error_code(std::errc::permission_denied), "open", "/cg/a"}};
  EXPECT_FALSE(has_succeeded(report, setup)) << "it is there, and can't be watched";
}

}  // namespace
}  // namespace cmm
