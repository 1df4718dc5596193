// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <tl/expected.hpp>

#include "cgroupfs/hierarchy.hpp"
#include "model/limit.hpp"

// The write side: limits, each set and read back. One that is refused leaves the cgroup's limits as they
// were. `path` is below the mount; see resolve_cgroup_path().

namespace cmm {

/// A limit that was set, and what the kernel made of it.
struct LimitSet {
  std::string file;  ///< the file that was written
  Limit asked = Limit::max();
  Limit held = Limit::max();     ///< as it was read back; the kernel keeps whole pages and rounds down
  bool swap_limit_gone = false;  ///< v1: without a memory limit there is none of swap either
};

/// Why a limit can't be set: one line for a person.
struct LimitRefused {
  std::error_code code;  ///< what the kernel said; errc::not_supported where it wasn't asked
  std::string message;
  bool needs_memory_limit = false;  ///< v1: a limit of swap where there is none of memory
};

template <class T>
using Limited = tl::expected<T, LimitRefused>;

/// memory.max; v1: memory.limit_in_bytes, and where swap is limited there as well (together with memory,
/// memory.memsw.limit_in_bytes) that one along with it, so that as much swap is allowed as before.
Limited<LimitSet> set_memory_max(const Hierarchy& hierarchy, const std::string& path, Limit limit);

/// memory.high; v1 has nothing like it.
Limited<LimitSet> set_memory_high(const Hierarchy& hierarchy, const std::string& path, Limit limit);

/// memory.swap.max; v1: memory.memsw.limit_in_bytes = memory limit + `limit`, which then needs a memory
/// limit.
Limited<LimitSet> set_swap_max(const Hierarchy& hierarchy, const std::string& path, Limit limit);

/// CPU time in each period. The kernel takes periods from 1 ms to 1 s and quotas from 1 ms.
struct CpuMax {
  std::optional<std::chrono::microseconds> quota;  ///< none: no limit
  std::chrono::microseconds period{100'000};

  friend bool operator==(const CpuMax&, const CpuMax&) = default;
};

/// cpu.max; v1: cpu.cfs_period_us and cpu.cfs_quota_us. `hierarchy` is that of the cpu controller. Returns
/// what was read back.
Limited<CpuMax> set_cpu_max(const Hierarchy& hierarchy, const std::string& path, CpuMax max);
/// Nothing where the cgroup has no such file.
std::optional<CpuMax> read_cpu_max(const Hierarchy& hierarchy, const std::string& path);

/// "max 100000" or "50000 100000", as in cpu.max.
std::string to_string(const CpuMax& max);

}  // namespace cmm
