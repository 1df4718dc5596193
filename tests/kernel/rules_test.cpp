// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

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

TEST_F(Rules, MatchInTheWordsOfKubernetes) {
  const std::string pod = "kubepods/burstable/pod0a1b2c3d-1111-2222-3333-44445555666";
  const auto pause = make(pod + "1/" + container_id_of('a'));
  const auto database = make(pod + "1/" + container_id_of('b'));
  const auto build = make(pod + "2/" + container_id_of('c'));
  const auto unnamed = make(pod + "3/" + container_id_of('d'));
  const auto logs = runtime_directory() + "/containers";
  std::filesystem::create_directories(logs);
  const auto link = [&](const std::string& names, char id) {
    std::filesystem::create_symlink("/nowhere", logs + "/" + names + "-" + container_id_of(id) + ".log");
  };
  link("pg-0_databases_postgres", 'b');
  link("build-42_ci-7_compile", 'c');
  const auto pause_data = file("pause-data", MiB(100));
  const auto database_data = file("database-data", MiB(100));
  const auto build_data = file("build-data", MiB(50));
  const auto unnamed_data = file("unnamed-data", MiB(100));
  fill_clean(pause, pause_data);
  fill_clean(database, database_data);
  fill_clean(build, build_data);
  fill_clean(unnamed, unnamed_data);
  const auto result = once({"--container-logs", logs, "--config", config(R"(threshold: 64 MiB
rules:
  - match: {namespace: databases, container: postgres}
    action: ignore
  - match: {namespace: "ci-*", pod: "build-*", qos: burstable}
    threshold: 40 MiB
)")});
  EXPECT_EQ(result.status, ExitStatus{0}) << result.err;
  EXPECT_THAT(result.err, HasSubstr("namespace=ci-7 pod=build-42 container=compile"));
  EXPECT_THAT(result.out, HasSubstr("databases/pg-0/postgres"));
  EXPECT_THAT(result.out, Not(HasSubstr(container_id_of('a')))) << "a pause container is no target";
  EXPECT_GE(pause_data.resident(), nearly(MiB(100)));
  EXPECT_GE(database_data.resident(), nearly(MiB(100)));
  EXPECT_LE(build_data.resident(), MiB(34)) << result.out;
  EXPECT_LE(unnamed_data.resident(), MiB(54)) << "a missing link hides nothing:\n" << result.out;
}

}  // namespace
}  // namespace cmm::test
