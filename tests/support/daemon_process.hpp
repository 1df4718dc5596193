// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "support/cgroup_sandbox.hpp"
#include "support/fault_injector.hpp"
#include "support/process.hpp"

namespace cmm::test {

/// A line of the daemon's log about one reclaim.
struct ReclaimLine {
  std::string cgroup, container, outcome;
  Bytes requested, freed, cache_before, cache_after, target;
  unsigned slices = 0;
  /// On the wall clock: when the line was written, less the duration. Later than the real start by what
  /// passed between the end and the line.
  std::chrono::duration<double, std::milli> started_at{};
};

/// All of them in a log; throws where such a line can't be understood.
std::vector<ReclaimLine> parse_reclaims(std::string_view log);

/// CMM_DAEMON: the program under test, by default the one that was built with the tests.
std::string daemon_program();

/// A daemon that runs. It logs at level debug, and what it keeps in its runtime directory is below the
/// test's.
class Daemon {
 public:
  Daemon(std::vector<std::string> options, const std::string& runtime_directory);
  /// … with this done in the child, right before it becomes the daemon; async-signal-safe.
  Daemon(std::vector<std::string> options, const std::string& runtime_directory,
         std::function<bool()> before_exec);
  /// … with a test between it and the kernel. The injector has to outlive it.
  Daemon(std::vector<std::string> options, const std::string& runtime_directory, FaultInjector& faults);

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] const std::string& log() const { return process_.err(); }
  [[nodiscard]] const std::string& out() const { return process_.out(); }

  /// Waits until something is so, and takes in the log meanwhile; false: it isn't after a minute, or the end
  /// came.
  bool wait_until(const std::function<bool()>& is_so);
  /// … for what is to be seen in the log alone, so that it is looked at only when there is more of it.
  bool wait_until_log(const std::function<bool()>& says_so);
  bool wait_for_log(std::string_view text);
  /// Waits for the `nth` reclaim of this cgroup.
  std::optional<ReclaimLine> wait_for_reclaim(const TestCgroup& cgroup, std::size_t nth = 1);
  /// Waits until it says at which port of 127.0.0.1 its metrics are; of several, the last. 0: nowhere.
  std::uint16_t wait_for_metrics_port();
  /// Waits until so many scans began and ended after the call.
  bool wait_for_scans(std::size_t count);

  /// What it has logged about this cgroup up to the last wait.
  [[nodiscard]] std::vector<ReclaimLine> reclaims_of(const TestCgroup& cgroup) const;

  void send_signal(int signal) const { process_.send_signal(signal); }
  std::optional<ExitStatus> wait_for_end(std::chrono::milliseconds timeout = std::chrono::seconds{30});
  /// Asks it to end by SIGTERM.
  std::optional<ExitStatus> stop();

 private:
  [[nodiscard]] std::size_t scans() const;

  Process process_;
};

/// Runs the daemon to its end.
Finished run_daemon(std::vector<std::string> options, const std::string& runtime_directory);
Finished run_daemon(std::vector<std::string> options, const std::string& runtime_directory,
                    FaultInjector& faults);

}  // namespace cmm::test
