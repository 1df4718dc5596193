// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cgroupfs/processes.hpp"
#include "cgroupfs/set_limit.hpp"

namespace cmm::tool {

/// What a cgroup is made with.
struct ScratchLimits {
  std::optional<Limit> memory_max;
  std::optional<Limit> swap_max;
  std::optional<CpuMax> cpu_max;
};

/// A cgroup for the time of one command. Marked as this process's, so that `delete --stale` finds it should
/// the process be killed. Throws Failure where it exists already or can't be made, with nothing left of it.
class ScratchCgroup {
 public:
  ScratchCgroup(const std::string& path, const ScratchLimits& limits);
  ScratchCgroup(const ScratchCgroup&) = delete;
  ScratchCgroup& operator=(const ScratchCgroup&) = delete;
  /// Removes it, unless it is kept.
  ~ScratchCgroup();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Leaves it where it is.
  void keep();
  /// Kills what is still in it and removes it, and the cgroups above it that were made for it and that nobody
  /// else uses by now. Returns what was killed. Throws Failure.
  std::vector<Process> remove();

  /// A name that no other process of the tool takes: "cmm-WHAT-PID".
  static std::string name_for(const std::string& what);

 private:
  struct Made {
    std::string mount;
    std::vector<std::string> paths;  ///< outermost first
  };

  void make(const Hierarchy& hierarchy, const std::vector<std::string>& controllers);
  void set(const Hierarchy& memory, const ScratchLimits& limits) const;

  std::string path_;
  std::vector<Made> made_;
};

}  // namespace cmm::tool
