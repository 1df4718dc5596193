// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
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

/// True where even what has to stay open, as a branch does, would leave too little for reclaims: it isn't
/// kept, and what is below isn't watched.
bool is_reserved(const UniqueFd& fd);

/// A descriptor that is opened at its first use and stays open. A cached descriptor makes a read six times
/// cheaper, but costs about 5 KiB of kernel memory: the file's read buffer lives as long as it does.
struct HeldFile {
  UniqueFd fd;
  Io<std::string_view> read_line(ControlFileReader& reader, int dir, const char* name);
  Io<std::string_view> read_all(ControlFileReader& reader, int dir, const char* name);
};

/// memory.stat, with at least one file LRU's key. One read where that brings all keys; the whole file, until
/// 0, where one is missing: kernfs may return less than there is.
Io<MemoryStat> read_memory_stat(HeldFile& file, ControlFileReader& reader, const MemoryInterface& interface,
                                int dir);

/// The counter of refaulted cache in the text of a memory.stat, in bytes; the kernel counts pages.
std::optional<Bytes> find_refaults(std::string_view stat, const MemoryInterface& interface);

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

/// False only where it is sure that an open directory has no child cgroups.
bool may_have_children(int dir);

/// How closely to look at a cgroup's limits. Reading them costs as much as reading its usage, and they change
/// seldom; memory.high is set by hardly anybody, and isn't held open.
enum class LimitLook {
  remember,  ///< as last seen, where they were seen before
  hard,      ///< read the hard limit, remember memory.high
  all,
};

/// The limits set on one cgroup itself: the tighter of its hard limit and, on v2, memory.high. A missing file
/// is no limit (the root has none).
class LimitFiles {
 public:
  Io<Limit> read(ControlFileReader& reader, const MemoryInterface& interface, int dir, LimitLook look);
  /// Takes in a hard limit that was seen elsewhere, and needs its own file no longer.
  void remember(Limit hard);
  void close() { hard_file_.fd.reset(); }

 private:
  HeldFile hard_file_;
  std::optional<Limit> hard_;
  std::optional<Limit> high_;
};

}  // namespace cmm
