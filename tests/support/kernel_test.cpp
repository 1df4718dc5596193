// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_test.hpp"

#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <system_error>

namespace cmm::test {

void KernelTest::SetUp() {
  try {
    sandbox_ = std::make_unique<CgroupSandbox>();
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::permission_denied && error.code() != std::errc::read_only_file_system &&
        error.code() != std::errc::operation_not_permitted) {
      throw;
    }
    GTEST_SKIP() << environment_name() << ": cgroups can't be made here: " << error.what();
  }
}

std::vector<std::string> KernelTest::with_usual(std::vector<std::string> options) const {
  const auto usually = [&](const char* option, const std::string& value) {
    if (std::ranges::find(options, option) == options.end()) options.insert(options.end(), {option, value});
  };
  usually("--parent", top().path());
  // On an emulated processor that others use too, a reclaim takes more CPU time than any default allows.
  usually("--budget-cpu", "60s");
  return options;
}

Daemon KernelTest::watch(std::vector<std::string> options) const {
  return {with_usual(std::move(options)), runtime_directory()};
}

Daemon KernelTest::watch(std::vector<std::string> options, FaultInjector& faults) const {
  return {with_usual(std::move(options)), runtime_directory(), faults};
}

Finished KernelTest::once(std::vector<std::string> options) const {
  options.emplace_back("--once");
  return run_daemon(with_usual(std::move(options)), runtime_directory());
}

std::string KernelTest::config(std::string_view text) const {
  auto path = data_.path() + "/config.yaml";
  std::ofstream{path} << text;
  // Whatever the umask is: what others may write is refused.
  std::filesystem::permissions(path,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

bool wait_until_shrinking(const TestCgroup& cgroup, Bytes before) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  // Without naps: on a fast machine the whole reclaim lasts some tens of milliseconds.
  while (cgroup.usage() + MiB(16) > before) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::sched_yield();
  }
  return true;
}

Bytes big_cache() { return in_vm() ? MiB(512) : MiB(1536); }

bool is_as_far_as_time_allows(const ReclaimLine& reclaim) {
  return reclaim.outcome == "target reached" || (in_vm() && reclaim.outcome == "out of time");
}

std::string container_id_of(char digit) { return std::string(64, digit); }

std::string container_scope(char digit) { return "cri-containerd-" + container_id_of(digit) + ".scope"; }

void PrintTo(const ExitStatus& status, std::ostream* out) {
  *out << "exit code " << status.code << ", signal " << status.signal;
}

void PrintTo(const ReclaimLine& line, std::ostream* out) {
  *out << line.cgroup << ": freed " << human(line.freed) << " in " << line.slices << " slices, "
       << line.outcome;
}

}  // namespace cmm::test

namespace cmm {
void PrintTo(Bytes bytes, std::ostream* out) { *out << bytes.count() << " (" << human(bytes) << ")"; }
}  // namespace cmm
