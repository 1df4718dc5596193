// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "support/kernel_test.hpp"
#include "support/process.hpp"
#include "support/tool_process.hpp"

namespace cmm::test {

// What the tool returns, beside what its command does.
constexpr int kFailure = 1;
constexpr int kUsage = 64;
constexpr int kUnavailable = 69;
constexpr int kKilledByKernel = 137;

/// A test of cgroup-tool, with a sandbox for its cgroups.
class ToolTest : public KernelTest {
 protected:
  /// A cgroup of the sandbox, whether it exists or not.
  [[nodiscard]] TestCgroup cgroup(const std::string& name) const {
    return TestCgroup{top().path() + "/" + name};
  }

  /// Runs the tool, which has to succeed without a word of error. Returns its output.
  static std::string expect_success(const std::vector<std::string>& arguments);
  /// Runs the tool, which has to end with this code, no output, and one line of error that has this part.
  static void expect_refused(const std::vector<std::string>& arguments, int code, const std::string& part);

  /// Starts `run --name CGROUP OPTION… -- COMMAND…` and waits until the command has taken the tool's place.
  static std::unique_ptr<Process> start_run(const TestCgroup& cgroup, const std::vector<std::string>& command,
                                            const std::vector<std::string>& options = {});
  /// Starts the tool with a test between it and the kernel.
  static std::unique_ptr<Process> start(const std::vector<std::string>& arguments, FaultInjector& faults);
};

bool exists(const TestCgroup& cgroup);

/// What the tool says of a cgroup's usage is what its file says.
void expect_usage(std::uint64_t seen, const TestCgroup& cgroup);

/// The processes in the cgroup and below it.
std::vector<pid_t> processes_of(const TestCgroup& cgroup);
/// 'S' for one that sleeps, 'T' for one that is stopped; ' ' where there is no such process.
char state_of(pid_t process);
/// "sleep"; empty where there is no such process, or it has ended.
std::string name_of(pid_t process);

}  // namespace cmm::test
