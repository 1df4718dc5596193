// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <optional>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Lifecycle : public KernelTest {
 protected:
  /// Removes `gone` while the daemon frees `shrinking`, in which `before` was; how the reclaim of it ended.
  static std::optional<ReclaimLine> remove_under_way(Daemon& daemon, const TestCgroup& shrinking,
                                                     Bytes before, const TestCgroup& gone) {
    EXPECT_TRUE(wait_until_shrinking(shrinking, before)) << daemon.log();
    EXPECT_TRUE(gone.remove());
    return daemon.wait_for_reclaim(gone);
  }
};

TEST_F(Lifecycle, ACgroupRemovedBeforeItsReclaimIsForgotten) {
  const auto gone = make("gone");
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  auto daemon = watch({"--threshold", "64MiB", "--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_scans(2));
  ASSERT_TRUE(gone.remove());
  fill_clean(app, data);
  EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  EXPECT_THAT(daemon.log(), Not(HasSubstr(gone.path()))) << "not worth a word";
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Lifecycle, ACgroupMadeWhileTheDaemonWatchesIsFound) {
  auto daemon = watch({"--threshold", "64MiB", "--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_log("no cgroups to watch"));
  const auto app = make("pod/app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
}

TEST_F(Lifecycle, ACgroupRemovedDuringItsReclaimEndsThatReclaimAlone) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  const auto cache = file("cache", big_cache());
  // Now and then the reclaim is over before the removal comes.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto gone = make("gone");
    fill_clean(gone, cache);
    const auto before = gone.usage();
    auto daemon = watch({"--threshold", "64MiB", "--target", "0", "--interval", "100ms"});
    const auto line = remove_under_way(daemon, gone, before, gone);
    ASSERT_TRUE(line) << daemon.log();
    if (line->outcome != "cgroup gone") continue;

    fill_clean(app, data);
    EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
    EXPECT_EQ(daemon.stop(), ExitStatus{0});
    return;
  }
  FAIL() << "each reclaim was over before the removal";
}

TEST_F(Lifecycle, ACgroupRemovedWhileItsReclaimWaitsInLineEndsThatReclaimAlone) {
  const auto cache = file("cache", big_cache());
  const auto data = file("data", MiB(100));
  // Now and then the first reclaim is over before the removal comes.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto first = make("first");
    const auto gone = make("gone");
    fill_clean(gone, data);
    fill_clean(first, cache);
    const auto before = first.usage();
    auto daemon = watch({"--threshold", "64MiB", "--target", "0", "--max-reclaims", "1"});
    const auto line = remove_under_way(daemon, first, before, gone);
    ASSERT_TRUE(line) << daemon.log();
    EXPECT_EQ(daemon.stop(), ExitStatus{0});
    if (line->slices > 0) continue;

    EXPECT_EQ(line->outcome, "cgroup gone");
    EXPECT_EQ(daemon.reclaims_of(first).size(), 1);
    EXPECT_THAT(daemon.log(), Not(HasSubstr(" warning "))) << "that it is gone is no fault";
    return;
  }
  FAIL() << "each time the reclaim before it was over before the removal";
}

TEST_F(Lifecycle, ACgroupRecreatedUnderTheSameNameHasNoCooldownOfTheOldOne) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "64MiB", "--interval", "100ms", "--cooldown", "1h"});
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  fill_clean(app, data);
  ASSERT_TRUE(daemon.wait_for_scans(5));
  ASSERT_EQ(daemon.reclaims_of(app).size(), 1) << "this is the old one, and it cools down";

  ASSERT_TRUE(app.remove());
  fill_clean(make("app"), data);
  EXPECT_TRUE(daemon.wait_for_reclaim(app, 2)) << daemon.log();
}

TEST_F(Lifecycle, AParentRemovedAndMadeAgainIsWatchedAgain) {
  make("pods/old");
  const auto data = file("data", MiB(100));
  auto daemon = watch({"--parent", make("pods").absolute(), "--threshold", "64MiB", "--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_scans(2));
  ASSERT_TRUE(make("pods/old").remove());
  ASSERT_TRUE(make("pods").remove());
  ASSERT_TRUE(daemon.wait_for_scans(2));
  const auto app = make("pods/app");
  fill_clean(app, data);
  EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

}  // namespace
}  // namespace cmm::test
