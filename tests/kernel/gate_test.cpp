// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "cgroupfs/node_memory.hpp"
#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Gate : public KernelTest {
 protected:
  static std::string when_available_below(unsigned percent) {
    return "node_available_below=" + std::to_string(percent) + "%";
  }
};

TEST_F(Gate, LetsReclaimWhereTheNodeHasLessAvailable) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto daemon = watch({"--threshold", "64MiB", "--when", when_available_below(100)});
  EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
}

TEST_F(Gate, LetsNothingHappenWhereTheNodeHasMoreAvailable) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  const auto result = once({"--threshold", "64MiB", "--when", when_available_below(1)});
  EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
  EXPECT_THAT(result.out, StartsWith("nothing was looked at: the node has "));
  EXPECT_THAT(result.err, HasSubstr("available: nothing is looked at until it has less (when)"));
  EXPECT_GE(data.resident(), nearly(MiB(100)));
}

TEST_F(Gate, OpensWhenTheNodeRunsShort) {
  if (!in_vm()) GTEST_SKIP() << environment_name() << ": only a machine of the test's own is made short";
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  const auto node = read_node_memory();
  ASSERT_TRUE(node);
  const auto available = static_cast<unsigned>(100 * node->available.count() / node->total.count());
  ASSERT_GE(available, 20);
  auto daemon =
      watch({"--threshold", "64MiB", "--interval", "100ms", "--when", when_available_below(available - 5)});
  ASSERT_TRUE(daemon.wait_for_log("nothing is looked at until it has less")) << daemon.log();

  const auto greedy = make("greedy");
  const Tenant tenant{greedy, [&] { keep_anonymous(Bytes{node->total.count() / 10}); }};
  ASSERT_TRUE(daemon.wait_for_log("the node is short of memory: watching again")) << daemon.log();
  EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
}

}  // namespace
}  // namespace cmm::test
