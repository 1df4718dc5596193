// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>

#include <nlohmann/json.hpp>

#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::json;

class ToolShow : public ToolTest {
 protected:
  static Json json_of(const TestCgroup& cgroup) {
    return Json::parse(expect_success({"show", cgroup.path(), "--output", "json"}));
  }
};

TEST_F(ToolShow, SaysInJsonWhatTheKernelsOwnFilesSay) {
  const auto app = make("app");
  app.limit_memory(MiB(256));
  const auto data = file("data", MiB(32));
  fill_clean(app, data);
  const auto seen = json_of(app);
  EXPECT_EQ(seen["cgroup"], app.path());
  EXPECT_EQ(seen["mount"], memory_hierarchy().mount);
  EXPECT_EQ(seen["version"], is_v1() ? 1 : 2);
  expect_usage(seen["usage"], app);
  EXPECT_EQ(seen["cache"], app.cache().count());
  EXPECT_EQ(seen["reclaimable"], app.reclaimable().count());
  EXPECT_EQ(seen["memory_max"], MiB(256).count());
  EXPECT_EQ(seen["events"]["oom_kill"], 0);
  EXPECT_EQ(seen["processes"], Json::array());
}

TEST_F(ToolShow, NamesTheProcessesInsideAndBelow) {
  make("app/child");
  const Tenant tenant{cgroup("app/child"), [] {}};
  const auto pid = processes_of(cgroup("app")).at(0);
  const auto seen = json_of(cgroup("app"));
  EXPECT_EQ(seen["processes"][0]["pid"], pid);
  EXPECT_EQ(seen["processes"][0]["cgroup"], cgroup("app/child").path());
  EXPECT_THAT(
      expect_success({"show", cgroup("app").path()}),
      HasSubstr(std::to_string(pid) + " " + name_of(pid) + " in " + cgroup("app/child").path() + "\n"));
}

TEST_F(ToolShow, NamesTheAncestorThatSetsTheEffectiveLimit) {
  const auto app = make("parent/app");
  app.limit_memory(MiB(128));
  cgroup("parent").limit_memory(MiB(64));
  const std::string file = is_v1() ? "memory.limit_in_bytes" : "memory.max";
  const auto text = expect_success({"show", app.path()});
  EXPECT_THAT(text, HasSubstr("memory.max         134217728 (128.0 MiB)\n"));
  EXPECT_THAT(text, HasSubstr("effective limit    67108864 (64.0 MiB), " + file + " of '" +
                              cgroup("parent").path() + "'\n"));
  const auto limit = json_of(app)["effective_limit"];
  EXPECT_EQ(limit["bytes"], MiB(64).count());
  EXPECT_EQ(limit["cgroup"], cgroup("parent").path());
}

TEST_F(ToolShow, SaysThatNothingLimitsItButTheMachine) {
  const auto text = expect_success({"show", make("app").path()});
  EXPECT_THAT(text,
              StartsWith("cgroup             " + cgroup("app").path() + (is_v1() ? " (v1, " : " (v2, ")));
  EXPECT_THAT(text, HasSubstr("memory.max         max\n"));
  EXPECT_THAT(text, HasSubstr("the machine's memory: no cgroup limits it further\n"));
  EXPECT_TRUE(json_of(cgroup("app"))["effective_limit"]["cgroup"].is_null());
}

TEST_F(ToolShow, RefusesACgroupThatDoesNotExist) {
  const auto path = cgroup("missing").path();
  expect_refused({"show", path}, kUnavailable,
                 "cgroup '" + path + "' does not exist below " + memory_hierarchy().mount +
                     "; make it with: cgroup-tool create " + path);
}

TEST_F(ToolShow, SaysWhatIsMissingWhereTheControllerIsNotEnabled) {
  if (is_v1()) GTEST_SKIP() << environment_name() << ": on v1 every cgroup of the hierarchy has it";
  const auto app = make("app");
  top().write("cgroup.subtree_control", "-memory");
  expect_refused({"show", app.path()}, kUnavailable, "the controller isn't enabled in it");
}

TEST_F(ToolShow, CountsWhatHappenedBelow) {
  const auto child = make("app/child");
  child.limit_memory(MiB(16));
  EXPECT_EQ(run_tool({"test-memory", child.path()}).status, ExitStatus{kKilledByKernel});
  const auto events = json_of(cgroup("app"))["events"];
  EXPECT_EQ(events["oom_kill"], 1);
  EXPECT_GT(events["max"], 0);
}

TEST_F(ToolShow, VersionNamesTheKernelAndTheHierarchy) {
  utsname kernel{};
  ::uname(&kernel);
  const auto text = expect_success({"version"});
  EXPECT_THAT(text, StartsWith("cgroup-tool "));
  EXPECT_THAT(text, HasSubstr(kernel.release));
  EXPECT_THAT(text,
              HasSubstr((is_v1() ? "cgroup v1 at " : "cgroup v2 at ") + memory_hierarchy().mount + "\n"));
  EXPECT_THAT(text, HasSubstr(is_v1() ? "memory.force_empty                 yes\n"
                                      : "memory.reclaim                     yes\n"));
  EXPECT_EQ(expect_success({"--version"}), text);
}

TEST_F(ToolShow, VersionSaysWhetherReclaimTakesSwappiness) {
  if (is_v1()) GTEST_SKIP() << environment_name() << ": v1 has memory.swappiness instead";
  const bool takes = kernel_takes_swappiness(top().reclaim_file());
  EXPECT_THAT(expect_success({"version"}),
              HasSubstr(std::string{"  swappiness argument              "} + (takes ? "yes\n" : "no\n")));
}

}  // namespace
}  // namespace cmm::test
