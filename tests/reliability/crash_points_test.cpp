// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments: the next start finds everything as it was before.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <random>
#include <thread>

#include "reliability/reliability_test.hpp"
#include "support/pretended_swap.hpp"
#include "support/swap.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;

/// A container with a child, whose values of memory.swappiness differ. On v1 there is swap, or seems to be,
/// so that the daemon sets them.
class CrashPoints : public KernelTest {
 protected:
  static constexpr unsigned kOfContainer = 45;
  static constexpr unsigned kOfChild = 70;

  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    if (!is_v1()) return;
    if (const auto device = swap_device()) {
      swap_.emplace(*device);
    } else {
      pretended_swap_.emplace();
    }
    container().write("memory.swappiness", std::to_string(kOfContainer));
    child().write("memory.swappiness", std::to_string(kOfChild));
  }

  [[nodiscard]] TestCgroup container() const { return make(container_scope('a')); }
  [[nodiscard]] TestCgroup child() const { return make(container_scope('a') + "/child"); }

  /// Kills it so long after it was started, or after its reclaim was seen to begin.
  void kill_after(std::chrono::microseconds time, bool in_a_reclaim) {
    const auto before = child().usage();
    auto daemon = watch({"--threshold", "64MiB", "--target", "0", "--interval", "100ms", "--cooldown", "0"});
    ASSERT_TRUE(!in_a_reclaim || wait_until_shrinking(child(), before)) << end_of(daemon.log());
    std::this_thread::sleep_for(time);
    daemon.send_signal(SIGKILL);
    ASSERT_EQ(daemon.wait_for_end(), (ExitStatus{-1, SIGKILL})) << end_of(daemon.log());
  }

  [[nodiscard]] bool are_values_as_before() const {
    return !is_v1() || (container().swappiness() == kOfContainer && child().swappiness() == kOfChild);
  }
  /// What else may be left is the socket of a daemon that was killed.
  [[nodiscard]] bool is_journal_gone() const {
    const std::filesystem::directory_iterator files{runtime_directory()};
    return std::none_of(begin(files), end(files), [](const auto& file) { return file.is_regular_file(); });
  }

 private:
  std::optional<SwapOn> swap_;
  std::optional<PretendedSwap> pretended_swap_;
};

TEST_F(CrashPoints, LeaveNothingChangedAfterTheNextStart) {
  const unsigned points = is_long() ? 200 : 10;
  constexpr unsigned kSeed = 20251;
  std::mt19937 random{kSeed};
  std::uniform_int_distribution<int> after_start{0, in_vm() ? 3'000'000 : 400'000};
  std::uniform_int_distribution<int> in_reclaim{0, in_vm() ? 50'000 : 5'000};
  const auto cache = file("cache", big_cache());
  unsigned changed = 0;
  for (unsigned i = 0; i < points; ++i) {
    SCOPED_TRACE(fmt::format("point {} of {}", i + 1, points));
    const bool inside = i % 2 == 0;
    fill_clean(child(), cache);
    ASSERT_NO_FATAL_FAILURE(
        kill_after(std::chrono::microseconds{inside ? in_reclaim(random) : after_start(random)}, inside));
    changed += are_values_as_before() ? 0 : 1;
    const auto next = once({"--threshold", "1TiB"});
    ASSERT_EQ(next.status, ExitStatus{0}) << next.err;
    ASSERT_TRUE(are_values_as_before()) << next.err;
    ASSERT_TRUE(is_journal_gone()) << next.err;
  }
  print_figure(
      "crash points",
      fmt::format("{} kills, half of them in a reclaim; {} left memory.swappiness changed, none after the "
                  "next start, and no journal",
                  points, changed));
  EXPECT_TRUE(changed > 0 || !is_v1()) << "no kill came where something was changed";
}

}  // namespace
}  // namespace cmm::test
