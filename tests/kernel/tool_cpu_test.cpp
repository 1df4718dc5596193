// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/make_cgroup.hpp"
#include "cgroupfs/processes.hpp"
#include "cgroupfs/set_limit.hpp"
#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

Hierarchy cpu_hierarchy() { return find_hierarchy("cpu").value(); }

const std::vector<std::string> kBusy{"sh", "-c", "while :; do :; done"};

class ToolCpu : public ToolTest {
 protected:
  void SetUp() override {
    if (!in_vm()) {
      GTEST_SKIP() << environment_name()
                   << ": only the memory hierarchy of this machine is the tests'; this runs in the VMs";
    }
    ToolTest::SetUp();
  }

  // Where the cpu controller has a hierarchy of its own, the tool made the other half of the sandbox there.
  void TearDown() override {
    if (IsSkipped() || !is_v1()) return;
    static_cast<void>(remove_cgroup_tree(cpu_hierarchy().mount, top().path()));
  }

  /// What is limited in this cgroup, as the kernel holds it: "50000 100000".
  static std::string cpu_max_of(const TestCgroup& cgroup) {
    const auto max = read_cpu_max(cpu_hierarchy(), cgroup.path());
    return max ? to_string(*max) : "none";
  }
};

Seconds cpu_time(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return Seconds{-1};
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

double share_of_a_cpu(pid_t process) {
  // Past the first period, which it may have begun in the middle.
  std::this_thread::sleep_for(500ms);
  const auto start = std::chrono::steady_clock::now();
  const auto before = cpu_time(process);
  std::this_thread::sleep_for(5s);
  return (cpu_time(process) - before) / Seconds{std::chrono::steady_clock::now() - start};
}

TEST_F(ToolCpu, QuotaHoldsWithinATenth) {
  const auto tool = start_run(cgroup("app"), kBusy, {"--cpu-max", "50ms/100ms"});
  EXPECT_EQ(cpu_max_of(cgroup("app")), "50000 100000");
  EXPECT_NEAR(share_of_a_cpu(processes_of(cgroup("app")).at(0)), 0.5, 0.05);
  tool->send_signal(SIGTERM);
  EXPECT_EQ(tool->wait(30s), ExitStatus{128 + SIGTERM});
  EXPECT_FALSE(cgroup_exists(cpu_hierarchy().mount, cgroup("app").path()));
}

TEST_F(ToolCpu, QuotaOfARunningCgroupIsSetReadBackAndHolds) {
  const auto tool = start_run(cgroup("app"), kBusy);
  const auto path = cgroup("app").path();
  EXPECT_EQ(expect_success({"cpu-max", path, "20ms", "50ms"}),
            "Set cpu.max to 20000 50000 for cgroup '" + path + "'\nVerified: cpu.max = 20000 50000\n");
  EXPECT_EQ(cpu_max_of(cgroup("app")), "20000 50000");
  EXPECT_NEAR(share_of_a_cpu(processes_of(cgroup("app")).at(0)), 0.4, 0.04);
  EXPECT_EQ(expect_success({"cpu-max", path, "max"}),
            "Set cpu.max to max 100000 for cgroup '" + path + "'\nVerified: cpu.max = max 100000\n");
  tool->send_signal(SIGTERM);
  EXPECT_EQ(tool->wait(30s), ExitStatus{128 + SIGTERM});
  EXPECT_FALSE(cgroup_exists(cpu_hierarchy().mount, path));
}

TEST_F(ToolCpu, QuotaThatTheKernelRefusesLeavesNothingBehind) {
  const auto path = cgroup("a/app").path();
  expect_refused({"run", "--name", path, "--memory-max", "64MiB", "--cpu-max", "200000h/100ms", "--", "true"},
                 kUsage, "Invalid argument; the kernel doesn't take this name or value");
  EXPECT_FALSE(exists(cgroup("a")));
  EXPECT_FALSE(cgroup_exists(cpu_hierarchy().mount, cgroup("a").path()));
}

TEST_F(ToolCpu, QuotaOfARunningCgroupThatTheKernelRefusesMovesNothingAndLeavesNothingBehind) {
  const auto app = make("a/app");
  const Tenant tenant{app, [] {}};
  expect_refused({"cpu-max", app.path(), "200000h"}, kUsage,
                 "Invalid argument; the kernel doesn't take this name or value");
  EXPECT_EQ(processes_of(app).size(), 1);
  if (is_v1()) {
    EXPECT_FALSE(cgroup_exists(cpu_hierarchy().mount, cgroup("a").path()));
  }
}

TEST_F(ToolCpu, QuotaThatTheKernelRefusesLeavesTheOneBefore) {
  const auto app = make("app");
  expect_success({"cpu-max", app.path(), "20ms"});
  expect_refused({"cpu-max", app.path(), "200000h", "50ms"}, kUsage, "Invalid argument");
  EXPECT_EQ(cpu_max_of(app), "20000 100000");
}

TEST_F(ToolCpu, QuotaHoldsForAProcessThatStartsWhileOthersAreMoved) {
  if (!is_v1()) GTEST_SKIP() << environment_name() << ": on v2 there is one hierarchy, and nothing to move";
  const auto app = make("app");
  const auto other_half = cpu_hierarchy().mount + "/" + app.path();
  const Tenant first{app, [] {}};
  FaultInjector calls{other_half, {"write"}};
  calls.hold({other_half + "/cgroup.procs"});
  const auto tool = start({"cpu-max", app.path(), "50ms"}, calls);
  ASSERT_TRUE(eventually([&] {
    return std::ranges::count(calls.take_calls(), other_half + "/cgroup.procs", &FileCall::path) > 0;
  }));
  const Tenant second{app, [] {}};
  calls.lift();
  EXPECT_EQ(tool->wait(30s), ExitStatus{0}) << tool->err();
  EXPECT_EQ(list_processes(cpu_hierarchy().mount, app.path()).value().size(), 2);
}

TEST_F(ToolCpu, CgroupOfItsOwnHierarchyIsDeletedWithThatOfMemory) {
  const auto app = make("app");
  expect_success({"cpu-max", app.path(), "50000"});
  EXPECT_TRUE(cgroup_exists(cpu_hierarchy().mount, app.path()));
  expect_success({"delete", app.path()});
  EXPECT_FALSE(cgroup_exists(cpu_hierarchy().mount, app.path()));
}

TEST_F(ToolCpu, LimitOfAParentLeavesProcessesInTheirCgroupsBelow) {
  const auto child = make("app/child");
  const Tenant tenant{child, [] {}};
  expect_success({"cpu-max", child.path(), "50000"});
  expect_success({"cpu-max", cgroup("app").path(), "80000"});
  EXPECT_EQ(list_processes(cpu_hierarchy().mount, child.path()).value().size(), 1);
}

}  // namespace
}  // namespace cmm::test
