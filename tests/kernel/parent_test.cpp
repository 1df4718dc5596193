// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "cgroupfs/memory_interface.hpp"
#include "support/kernel_test.hpp"
#include "support/obey_file_modes.hpp"
#include "support/private_mounts.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;

constexpr int kUsage = 64;
constexpr int kUnavailable = 69;
constexpr int kNoPermission = 77;

class Parent : public KernelTest {
 protected:
  void expect_refused(const std::string& path, int code, const std::string& part) {
    SCOPED_TRACE(path);
    expect_refusal(once({"--parent", path}), code, part);
  }
  static void expect_refusal(const Finished& result, int code, const std::string& part) {
    EXPECT_EQ(result.status, ExitStatus{code});
    EXPECT_THAT(result.err, HasSubstr(" error failed "));
    EXPECT_THAT(result.err, HasSubstr(part));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");
  }
};

TEST_F(Parent, ThatDoesNotExistIsRefused) {
  expect_refused(top().absolute() + "/missing", kUnavailable, "does not exist");
  const auto& mount = memory_hierarchy().mount;
  expect_refused("cmm-test-missing", kUnavailable,
                 mount + "/cmm-test-missing does not exist; give a cgroup below " + mount);
}

TEST_F(Parent, ThatIsNoCgroupIsRefused) {
  expect_refused("/tmp", kUsage, "/tmp is not on a cgroup file system");
  expect_refused(top().file("cgroup.procs"), kUsage, "is a file; give a cgroup below ");
}

TEST_F(Parent, ThatIsTheRootOfTheHierarchyIsRefused) {
  expect_refused(memory_hierarchy().mount, kUsage, "is the root of the hierarchy");
  expect_refused(".", kUsage, "is the root of the hierarchy");
}

TEST_F(Parent, OfAnotherHierarchyIsRefused) {
  std::string other;
  for (const auto* path : {"/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
    if (is_v1() && std::filesystem::exists(path)) other = path;
  }
  if (other.empty())
    GTEST_SKIP() << environment_name() << ": has no second cgroup hierarchy; the v1 environments have";
  expect_refused(other, kUsage, "is a cgroup of a hierarchy without the memory controller");
}

TEST_F(Parent, WithoutTheMemoryControllerIsRefused) {
  if (is_v1())
    GTEST_SKIP() << environment_name() << ": on v1 every cgroup of the hierarchy has it; this runs on v2";
  make("plain");
  top().write("cgroup.subtree_control", "-memory");
  expect_refused(top().absolute() + "/plain", kUnavailable, "memory controller isn't enabled here");
}

TEST_F(Parent, ThatCanOnlyBeReadIsRefused) {
  std::optional<PrivateMounts> mounts;
  try {
    mounts.emplace();
    mounts->make_read_only(memory_hierarchy().mount);
  } catch (const std::system_error& error) {
    mounts.reset();
    GTEST_SKIP() << environment_name() << ": no mount namespace of its own: " << error.what();
  }
  expect_refused(top().path(), kNoPermission, "Read-only file system");
}

TEST_F(Parent, ThatMayNotBeWrittenIsRefused) {
  const auto file = top().file(memory_interface(memory_hierarchy().version).reclaim);
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  Daemon daemon{{"--parent", top().path()}, runtime_directory(), obey_file_modes};
  EXPECT_EQ(daemon.wait_for_end(), ExitStatus{kNoPermission});
  EXPECT_THAT(daemon.log(), HasSubstr("open " + file + " for writing: Permission denied"));
}

TEST_F(Parent, FromTheFileIsRefusedWithItsPlaceThere) {
  const auto file = config("interval: 1s\nparent: cmm-test-missing\n");
  expect_refusal(run_daemon({"--config", file}, runtime_directory()), kUnavailable,
                 " failed " + file + ":2: parent: ");
}

TEST_F(Parent, MayBeNamedBelowTheMountOrByItsWholePath) {
  const auto app = make("app");
  for (const auto& name : {top().path(), top().absolute()}) {
    const auto table = once({"--parent", name});
    EXPECT_EQ(table.status, ExitStatus{0}) << table.err;
    EXPECT_THAT(table.out, HasSubstr(app.path()));
  }
}

TEST_F(Parent, NamedThroughALinkOrDotsIsLoggedByItsRealPath) {
  const auto app = make("app");
  const DataDirectory links;
  std::filesystem::create_directory_symlink(top().absolute(), links.path() + "/link");
  for (const auto& name : {links.path() + "/link", top().absolute() + "/app/../../" + top().path()}) {
    const auto table = once({"--parent", name});
    EXPECT_EQ(table.status, ExitStatus{0}) << table.err;
    EXPECT_THAT(table.out, HasSubstr(app.path() + "\n"));
    EXPECT_THAT(table.err, HasSubstr("watching " + top().path() + " on cgroup"));
  }
  expect_refused(top().absolute() + "/app/../../../../../../etc", kUsage, "is not on a cgroup file system");
}

TEST_F(Parent, GivenTwiceAndNestedIsWatchedOnce) {
  make("a/app");
  const auto table = once({"--parent", top().path(), "--parent", top().path() + "/a"});
  EXPECT_EQ(std::ranges::count(table.out, '\n'), 2) << table.out;
}

TEST_F(Parent, ByDefaultIsTheFirstThatExists) {
  if (!in_vm())
    GTEST_SKIP() << environment_name() << ": system.slice is not the test's to make; this runs in the VMs";
  const CgroupSandbox slice{"system.slice"};
  const auto app = slice.make("app.service");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  Daemon daemon{{"--threshold", "64MiB"}, runtime_directory()};
  EXPECT_TRUE(daemon.wait_for_log("watching system.slice (the first that exists")) << daemon.log();
  EXPECT_TRUE(daemon.wait_for_reclaim(app)) << daemon.log();
}

}  // namespace
}  // namespace cmm::test
