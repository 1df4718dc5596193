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

/// Whether each of them can be moved to the cgroup of the same path below `to`, or is there already. One of
/// another pid namespace can't: on v2 it is listed without its number, as 0. v1 doesn't list it at all.
Result<bool> can_move_processes(const std::string& from, const std::string& to, const std::string& path);

/// Moves all of them that can be moved, and are neither there nor below it, and those that they start
/// meanwhile as well. EAGAIN: they start others faster than that.
Result<void> move_processes(const std::string& from, const std::string& to, const std::string& path);

}  // namespace cmm
