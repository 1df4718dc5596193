// SPDX-License-Identifier: Apache-2.0
#include "kernel/tool_test.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cgroupfs/processes.hpp"

namespace cmm::test {

std::string ToolTest::expect_success(const std::vector<std::string>& arguments) {
  SCOPED_TRACE(testing::PrintToString(arguments));
  const auto result = run_tool(arguments);
  EXPECT_EQ(result.status, ExitStatus{0});
  EXPECT_EQ(result.err, "");
  return result.out;
}

void ToolTest::expect_refused(const std::vector<std::string>& arguments, int code, const std::string& part) {
  SCOPED_TRACE(testing::PrintToString(arguments));
  const auto result = run_tool(arguments);
  EXPECT_EQ(result.status, ExitStatus{code});
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, testing::StartsWith("cgroup-tool: "));
  EXPECT_THAT(result.err, testing::HasSubstr(part));
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
}

std::unique_ptr<Process> ToolTest::start_run(const TestCgroup& cgroup,
                                             const std::vector<std::string>& command,
                                             const std::vector<std::string>& options) {
  std::vector<std::string> arguments{"run", "--name", cgroup.path()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  auto tool = std::make_unique<Process>(tool_command(arguments));
  const bool has_begun = eventually([&] {
    const auto inside = exists(cgroup) ? processes_of(cgroup) : std::vector<pid_t>{};
    return !inside.empty() && name_of(inside.front()) != "cgroup-tool";
  });
  EXPECT_TRUE(has_begun) << tool->err();
  return tool;
}

std::unique_ptr<Process> ToolTest::start(const std::vector<std::string>& arguments, FaultInjector& faults) {
  auto command = tool_command(arguments);
  command.before_exec = [&faults] { return faults.install(); };
  auto tool = std::make_unique<Process>(command);
  faults.answer();
  return tool;
}

bool exists(const TestCgroup& cgroup) { return std::filesystem::exists(cgroup.absolute()); }

void expect_usage(std::uint64_t seen, const TestCgroup& cgroup) {
  // Each CPU has some pages charged in advance, and gives them back when it likes.
  EXPECT_NEAR(static_cast<double>(seen), static_cast<double>(cgroup.usage().count()),
              static_cast<double>(MiB(2).count()));
}

std::vector<pid_t> processes_of(const TestCgroup& cgroup) {
  std::vector<pid_t> pids;
  const auto all = list_processes(memory_hierarchy().mount, cgroup.path());
  if (!all) return pids;
  for (const auto& each : *all) pids.push_back(each.pid);
  return pids;
}

namespace {

/// "PID (NAME) STATE …"
std::string stat_of(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  std::string stat;
  std::getline(file, stat);
  return stat;
}

}  // namespace

char state_of(pid_t process) {
  const auto stat = stat_of(process);
  const auto end = stat.rfind(") ");
  return end == std::string::npos ? ' ' : stat[end + 2];
}

std::string name_of(pid_t process) {
  // One that has ended stays as a zombie until somebody asks for its exit code.
  const auto stat = stat_of(process);
  const auto begin = stat.find('(');
  const auto end = stat.rfind(") ");
  if (end == std::string::npos || stat[end + 2] == 'Z') return {};
  return stat.substr(begin + 1, end - begin - 1);
}

}  // namespace cmm::test
