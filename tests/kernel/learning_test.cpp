// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Learning : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    if (make("probe").read("memory.stat").find("workingset_refault") == std::string::npos) {
      GTEST_SKIP() << environment_name() << ": this kernel's memory.stat doesn't count what came back";
    }
  }

  static std::vector<std::string> options() {
    return {"--threshold", "32MiB", "--target", "16MiB", "--interval", "100ms", "--cooldown", "2s"};
  }
};

TEST_F(Learning, ThatFreedCacheComesStraightBackMakesTheCooldownLonger) {
  const auto app = make("app");
  const auto data = file("data", MiB(144));
  // With breaths in which a reclaim gets ahead of the reader: what comes back while it is going on can't be
  // told from what it didn't free.
  fill_clean(app, data);
  const Tenant reader{app, [&] { keep_doing([&] { data.read(); }, 500ms); }};
  auto daemon = watch(options());
  // The first reclaim may last longer than its cooldown on a busy machine, and teaches nothing then.
  ASSERT_TRUE(daemon.wait_for_log(" cooldown=8 ")) << daemon.log();
  const auto taught = daemon.reclaims_of(app).size();
  ASSERT_TRUE(daemon.wait_for_reclaim(app, taught + 1)) << daemon.log();
  const auto lines = daemon.reclaims_of(app);
  ASSERT_GE(taught, 2U) << daemon.log();
  // The line comes a moment after the reclaim, later on a busy machine. At the cooldown as configured these
  // would be 2 s.
  const auto allowance = 500ms;
  EXPECT_GE(lines[taught - 1].started_at - lines[taught - 2].started_at, 4s - allowance) << daemon.log();
  EXPECT_GE(lines[taught].started_at - lines[taught - 1].started_at, 8s - allowance) << daemon.log();
  const auto learned = "learned cgroup=" + app.path();
  EXPECT_THAT(daemon.log(), HasSubstr(learned));
  EXPECT_LT(daemon.log().find(" cooldown=4 "), daemon.log().find(" cooldown=8 ")) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr(" cooldown=8 "));
}

TEST_F(Learning, ThatFreedCacheStaysAwayChangesNothing) {
  const auto app = make("app");
  // So large that what was read once isn't read again.
  constexpr std::uint64_t kGiB = 1024;
  const auto stream = file("stream", MiB(64 * kGiB));
  Bytes position;
  const Tenant reader{app, [&] {
                        const auto read_on = [&] {
                          stream.read_part(position, MiB(1));
                          position += MiB(1);
                        };
                        // So slowly that any reclaim gets ahead of it.
                        keep_doing(read_on, 50ms);
                      }};
  auto daemon = watch(options());
  ASSERT_TRUE(daemon.wait_for_reclaim(app, 4)) << daemon.log();
  EXPECT_THAT(daemon.log(), Not(HasSubstr("learned cgroup=")));
}

}  // namespace
}  // namespace cmm::test
