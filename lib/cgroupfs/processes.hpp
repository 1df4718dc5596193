// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.hpp"

namespace cmm {

struct Process {
  pid_t pid = 0;
  std::string name;    ///< /proc/PID/comm; empty where it has ended meanwhile
  std::string cgroup;  ///< below the mount
};

/// The processes in the cgroup `path` below `mount` and in those below it.
Result<std::vector<Process>> list_processes(const std::string& mount, const std::string& path);

/// Kills all of them with SIGKILL, those that they start meanwhile as well, and waits until the last one is
/// gone: for a few seconds at most, as one that waits for a disk doesn't end. Returns those that were there.
Result<std::vector<Process>> kill_processes(const std::string& mount, const std::string& path);

}  // namespace cmm
