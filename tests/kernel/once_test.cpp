// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Once : public KernelTest {};

TEST_F(Once, ScansReclaimsPrintsATableAndExits) {
  const auto large = make("large");
  const auto small = make("small");
  large.limit_memory(MiB(256));
  const auto data = file("data", MiB(100));
  const auto little = file("little", MiB(20));
  fill_clean(large, data);
  fill_clean(small, little);
  const auto result = once({"--threshold", "64MiB", "--target", "32MiB"});
  EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
  EXPECT_THAT(result.out, StartsWith("      USAGE  RECLAIMABLE    THRESHOLD        LIMIT  DECISION"));
  EXPECT_THAT(result.out, HasSubstr("64.0 MiB    256.0 MiB  freed "));
  EXPECT_THAT(result.out, HasSubstr("target reached"));
  EXPECT_THAT(result.out, HasSubstr("below threshold"));
  EXPECT_LT(result.out.find(large.path()), result.out.find(small.path()))
      << "the one with the most cache first";
  EXPECT_LE(data.resident(), MiB(34));
  EXPECT_GE(little.resident(), nearly(MiB(20)));
}

TEST_F(Once, WithoutCgroupsSaysSoAndIsNoFailure) {
  const auto result = once({});
  EXPECT_EQ(result.status, ExitStatus{0});
  EXPECT_THAT(result.out, HasSubstr("no cgroups to watch below the parent\n"));
}

}  // namespace
}  // namespace cmm::test
