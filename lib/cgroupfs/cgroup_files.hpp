// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <system_error>

#include "base/unique_fd.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "cgroupfs/parse.hpp"
#include "model/cgroup.hpp"
#include "model/limit.hpp"

namespace cmm {

/// True where the process is about to run out of descriptors. The kernel hands out the lowest free number, so
/// one close to the limit says that the table is nearly full: such a descriptor is closed after use.
bool is_scarce(const UniqueFd& fd);

/// A descriptor that is opened at its first use and stays open. A cached descriptor makes a read six times
/// cheaper, but costs about 5 KiB of kernel memory: the file's read buffer lives as long as it does.
struct HeldFile {
  UniqueFd fd;
  Io<std::string_view> read_line(ControlFileReader& reader, int dir, const char* name);
  Io<std::string_view> read_all(ControlFileReader& reader, int dir, const char* name);
};

/// A cgroup's directory, opened by name below `parent_dir` for lookups only. ENOENT also where the name
/// stands for another cgroup by now.
Io<UniqueFd> open_cgroup(int parent_dir, const char* name, CgroupId expected);

/// The inode number of an open directory and how many child cgroups it has, by its link count: reading the
/// directory costs fifty times as much.
struct DirectoryState {
  CgroupId id;
  unsigned long children;
};
Io<DirectoryState> directory_state(int dir);

/// The limits set on one cgroup itself: the tighter of its hard limit and, on v2, memory.high.
class LimitFiles {
 public:
  /// A missing file is no limit (the root has none). memory.high is looked at every kHighEvery reads and when
  /// `thorough`: almost nobody sets it, and holding it open would cost as much memory again as memory.max.
  Io<Limit> read(ControlFileReader& reader, const MemoryInterface& interface, int dir, bool thorough);
  void close() { hard_.fd.reset(); }

 private:
  static constexpr unsigned kHighEvery = 8;
  HeldFile hard_;
  Limit high_ = Limit::max();
  unsigned reads_ = 0;
};

}  // namespace cmm
