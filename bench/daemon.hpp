// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "bench/support.hpp"

namespace cmm::bench {

/// A copy of the program that nobody has read yet: its pages are charged to whoever reads them first, and
/// other processes' use of the program would pay for the daemon.
std::string copy_of_daemon(const Sandbox& sandbox, const std::string& daemon);

/// The daemon, running in a cgroup of its own as long as the object lives. What it keeps while it runs is in
/// the sandbox: the machine may have another one at work.
class Daemon {
 public:
  Daemon(const Sandbox& sandbox, const std::string& cgroup, std::vector<std::string> command);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Throws where it has ended.
  void check_alive() const;
  /// A line of /proc/PID/status, in bytes: VmRSS and its parts.
  [[nodiscard]] double status(const std::string& key) const;
  /// Of all its threads, by its CPU-time clock.
  [[nodiscard]] double cpu_seconds() const;
  [[nodiscard]] std::size_t open_files() const;

 private:
  pid_t pid_ = 0;
};

/// Lets the daemon run, and asks for its metrics at the socket `scraped_at`, where there is one, in each
/// `period`.
void watch(const Daemon& daemon, unsigned seconds, const std::string& scraped_at = {}, unsigned period = 1);

double mib(double bytes);

/// What the kernel says the charge of a cgroup consists of, for people.
std::string parts_of_charge(const std::string& cgroup);

}  // namespace cmm::bench
