// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "support/kernel_test.hpp"
#include "support/private_mounts.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

class DryRun : public KernelTest {};

TEST_F(DryRun, SaysWhatItWouldFreeAndFreesNothing) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  const auto usage = app.usage();
  auto daemon = watch({"--threshold", "64MiB", "--target", "60MiB", "--interval", "100ms", "--dry-run"});
  ASSERT_TRUE(daemon.wait_for_log("cgroup=" + app.path() + " would free 40.0 MiB")) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_scans(5));
  EXPECT_GE(data.resident(), nearly(MiB(100)));
  EXPECT_GE(app.usage(), nearly(usage));
  EXPECT_EQ(parse_reclaims(daemon.log()).size(), 0);
  EXPECT_FALSE(std::filesystem::exists(runtime_directory())) << "it has no business there";
  if (is_v1()) {
    EXPECT_EQ(app.swappiness(), top().swappiness());
  }
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

// Where nothing can be opened for writing, no such attempt can stay hidden.
TEST_F(DryRun, WorksWhereCgroupsCanOnlyBeRead) {
  std::optional<PrivateMounts> mounts;
  try {
    mounts.emplace();
  } catch (const std::system_error& error) {
    GTEST_SKIP() << environment_name() << ": no mount namespace of its own: " << error.what();
  }
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  mounts->make_read_only(memory_hierarchy().mount);
  const auto table = once({"--threshold", "64MiB", "--target", "60MiB", "--dry-run"});
  mounts.reset();
  EXPECT_EQ(table.status, ExitStatus{0}) << table.err;
  EXPECT_THAT(table.out, HasSubstr("free 40.0 MiB"));
}

}  // namespace
}  // namespace cmm::test
