// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "kernel/swap_test.hpp"

namespace cmm::test {
namespace {

class Crash : public SwapTest {
 protected:
  void SetUp() override {
    SwapTest::SetUp();
    if (!IsSkipped() && !is_v1()) {
      GTEST_SKIP() << environment_name()
                   << ": only on v1 the daemon sets something; this runs in the v1 machine";
    }
  }

  /// False where the reclaim was over before the kill.
  bool is_killed_during_a_reclaim(const TestCgroup& app) {
    const auto before = app.usage();
    auto daemon = watch({"--threshold", "64MiB", "--target", "0"});
    EXPECT_TRUE(wait_until_shrinking(app, before)) << daemon.log();
    daemon.send_signal(SIGKILL);
    EXPECT_EQ(daemon.wait_for_end(), (ExitStatus{-1, SIGKILL}));
    return app.swappiness() == 0;
  }

  /// What else may be left there is the socket of a daemon that was killed.
  [[nodiscard]] bool journal_is_gone() const {
    const std::filesystem::directory_iterator files{runtime_directory()};
    return std::none_of(begin(files), end(files), [](const auto& file) { return file.is_regular_file(); });
  }
};

TEST_F(Crash, DuringAReclaimIsMadeGoodByTheNextStart) {
  const auto app = make(container_scope('a'));
  const auto child = make(container_scope('a') + "/child");
  app.write("memory.swappiness", "45");
  child.write("memory.swappiness", "70");
  const auto cache = file("cache", big_cache());
  bool killed = false;
  for (int attempt = 0; attempt < 10 && !killed && !HasFailure(); ++attempt) {
    fill_clean(child, cache);
    killed = is_killed_during_a_reclaim(app);
  }
  ASSERT_TRUE(killed) << "each reclaim was over before the kill";
  EXPECT_EQ(child.swappiness(), 0);
  EXPECT_FALSE(journal_is_gone());

  auto daemon = watch({"--threshold", "1TiB", "--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_scans(1));
  EXPECT_EQ(app.swappiness(), 45);
  EXPECT_EQ(child.swappiness(), 70);
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
  EXPECT_TRUE(journal_is_gone());
}

TEST_F(Crash, AValueThatSomebodySetSinceIsKept) {
  const auto app = make("app");
  app.write("memory.swappiness", "45");
  const auto cache = file("cache", big_cache());
  bool killed = false;
  for (int attempt = 0; attempt < 10 && !killed && !HasFailure(); ++attempt) {
    fill_clean(app, cache);
    killed = is_killed_during_a_reclaim(app);
  }
  ASSERT_TRUE(killed) << "each reclaim was over before the kill";
  app.write("memory.swappiness", "33");
  EXPECT_EQ(once({"--threshold", "1TiB"}).status, ExitStatus{0});
  EXPECT_EQ(app.swappiness(), 33);
  EXPECT_TRUE(journal_is_gone());
}

}  // namespace
}  // namespace cmm::test
