// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

class Rules : public KernelTest {};

TEST_F(Rules, ACgroupWithTheAttributeIsIgnored) {
  constexpr const char* kAttribute = "user.cgroup-memory-manager";
  const auto app = make("app");
  const auto path = app.absolute();
  if (::setxattr(path.c_str(), kAttribute, "ignore", 6, 0) != 0) {
    ASSERT_TRUE(errno == EOPNOTSUPP || errno == EPERM) << std::generic_category().message(errno);
    GTEST_SKIP() << environment_name()
                 << ": this kernel takes no user attributes on cgroups: " << std::strerror(errno);
  }
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  EXPECT_THAT(once({"--threshold", "64MiB"}).out, HasSubstr("ignored by its attribute"));
  EXPECT_GE(data.resident(), nearly(MiB(100)));

  ASSERT_EQ(::removexattr(path.c_str(), kAttribute), 0);
  EXPECT_THAT(once({"--threshold", "64MiB"}).out, HasSubstr("target reached"));
}

TEST_F(Rules, SayWhichCgroupIsIgnoredAndWhichHasAnotherThreshold) {
  const auto ignored = make("database");
  const auto small = make("build-1");
  const auto other = make("other");
  const auto ignored_data = file("ignored-data", MiB(100));
  const auto small_data = file("small-data", MiB(50));
  const auto other_data = file("other-data", MiB(50));
  fill_clean(ignored, ignored_data);
  fill_clean(small, small_data);
  fill_clean(other, other_data);
  const auto result = once({"--config", config(R"(threshold: 64 MiB
rules:
  - match: {path: "*/database"}
    action: ignore
  - match: {path: "*/build-*"}
    threshold: 40 MiB
)")});
  EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
  EXPECT_THAT(result.out, HasSubstr("ignored by a rule"));
  EXPECT_GE(ignored_data.resident(), nearly(MiB(100)));
  EXPECT_LE(small_data.resident(), MiB(34)) << "80 % of its own threshold is 32 MiB:\n" << result.out;
  EXPECT_GE(other_data.resident(), nearly(MiB(50)));
}

}  // namespace
}  // namespace cmm::test
