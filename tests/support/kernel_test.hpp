// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "support/cgroup_sandbox.hpp"
#include "support/daemon_process.hpp"
#include "support/fault_injector.hpp"
#include "support/page_cache.hpp"
#include "support/tenant.hpp"
#include "support/test_environment.hpp"

namespace cmm::test {

/// A test with cgroups and files of its own; skipped where cgroups can't be made.
class KernelTest : public testing::Test {
 protected:
  void SetUp() override;

  [[nodiscard]] const TestCgroup& top() const { return sandbox_->top(); }
  TestCgroup make(std::string_view path) const { return sandbox_->make(path); }
  [[nodiscard]] DataFile file(const std::string& name, Bytes size) const { return {data_, name, size}; }
  [[nodiscard]] std::string runtime_directory() const { return data_.path() + "/run"; }

  /// Starts the daemon on the whole sandbox, unless the options name another parent.
  [[nodiscard]] Daemon watch(std::vector<std::string> options) const;
  /// … with a test between it and the kernel.
  [[nodiscard]] Daemon watch(std::vector<std::string> options, FaultInjector& faults) const;
  /// Runs the daemon with --once on the whole sandbox.
  [[nodiscard]] Finished once(std::vector<std::string> options) const;
  /// Writes a configuration file with this text and returns its path.
  [[nodiscard]] std::string config(std::string_view text) const;

 private:
  [[nodiscard]] std::vector<std::string> with_usual(std::vector<std::string> options) const;

  DataDirectory data_;
  std::unique_ptr<CgroupSandbox> sandbox_;
};

/// Waits until a reclaim of the cgroup is well under way, or over; false: it never was. `before`: what was in
/// it before the daemon was started, which may be done with it before whoever started it looks.
bool wait_until_shrinking(const TestCgroup& cgroup, Bytes before);

/// What a reclaim of the tests that want to come in the middle of one works on: seconds would be wasted on
/// more.
Bytes big_cache();

/// It ended at its target; or, where the processor is emulated, with the two seconds that one may take.
bool is_as_far_as_time_allows(const ReclaimLine& reclaim);

/// A name as a container runtime gives it, with an id made of this digit.
std::string container_id_of(char digit);
std::string container_scope(char digit);

void PrintTo(const ExitStatus& status, std::ostream* out);
void PrintTo(const ReclaimLine& line, std::ostream* out);

}  // namespace cmm::test

namespace cmm {
void PrintTo(Bytes bytes, std::ostream* out);
}  // namespace cmm
