// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;

class Signals : public KernelTest {
 protected:
  /// True where the daemon ended as it should; false where the reclaim was over before the signal came.
  bool ends_during_a_reclaim(int signal, const TestCgroup& app) {
    const auto before = app.usage();
    auto daemon = watch({"--threshold", "64MiB", "--target", "0"});
    EXPECT_TRUE(wait_until_shrinking(app, before)) << daemon.log();
    const auto sent = std::chrono::steady_clock::now();
    daemon.send_signal(signal);
    EXPECT_EQ(daemon.wait_for_end(), ExitStatus{0});
    EXPECT_LE(std::chrono::steady_clock::now() - sent, 1s);
    const auto lines = daemon.reclaims_of(app);
    return lines.size() == 1 && lines.front().outcome == "stopped";
  }

  void expect_end(int signal) {
    const auto app = make("app");
    const auto cache = file("cache", big_cache());
    for (int attempt = 0; attempt < 10; ++attempt) {
      fill_clean(app, cache);
      if (ends_during_a_reclaim(signal, app)) {
        EXPECT_GT(cache.resident(), Bytes{}) << "what was to be freed later stayed";
        return;
      }
      if (HasFailure()) return;
    }
    FAIL() << "each reclaim was over before the signal came";
  }
};

TEST_F(Signals, SigtermDuringAReclaimEndsTheDaemonWithinASecond) { expect_end(SIGTERM); }

TEST_F(Signals, SigintDuringAReclaimEndsTheDaemonWithinASecond) { expect_end(SIGINT); }

TEST_F(Signals, SigtermBetweenScansEndsTheDaemonWithinASecond) {
  auto daemon = watch({"--interval", "1h"});
  ASSERT_TRUE(daemon.wait_for_log("scanned targets="));
  const auto sent = std::chrono::steady_clock::now();
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
  EXPECT_LE(std::chrono::steady_clock::now() - sent, 1s);
}

}  // namespace
}  // namespace cmm::test
