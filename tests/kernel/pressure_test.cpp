// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "cgroupfs/parse.hpp"
#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

class Pressure : public KernelTest {};

// The kernel makes a task wait that goes on allocating above memory.high, on a fast machine and on a slow
// one. The average of ten seconds stays long enough to fill the cache and to look.
TEST_F(Pressure, OfTasksThatStallForMemoryKeepsTheirCgroupFromBeingReclaimed) {
  if (is_v1()) GTEST_SKIP() << environment_name() << ": pressure of a cgroup is measured on v2 only";
  const auto app = make("app");
  // The kernel forgets the stalls since the last look where that was less than a tick ago (nsecs_to_jiffies
  // in collect_percpu_times): who asks all the time sees none.
  const auto is_stalled = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    return parse_pressure(app.read("memory.pressure")).value_or(Percent{0}) > Percent{40};
  };
  app.write("memory.high", "8388608");
  {
    const auto allocate = [] { keep_anonymous(MiB(1)); };
    const Tenant stalled{app, [&] { keep_doing(allocate, std::chrono::milliseconds{0}); }};
    ASSERT_TRUE(eventually(is_stalled)) << app.read("memory.pressure");
  }
  app.write("memory.high", "max");
  const auto data = file("data", MiB(64));
  fill_clean(app, data);

  const auto careful = once({"--threshold", "16MiB", "--max-pressure", "1%"});
  EXPECT_THAT(careful.out, HasSubstr("under pressure: tasks stalled ")) << app.read("memory.pressure");
  EXPECT_EQ(parse_reclaims(careful.err).size(), 0);
  const auto careless = once({"--threshold", "16MiB", "--max-pressure", "100%"});
  EXPECT_EQ(parse_reclaims(careless.err).size(), 1) << careless.err;
}

}  // namespace
}  // namespace cmm::test
