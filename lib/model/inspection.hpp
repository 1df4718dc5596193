// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "model/amount.hpp"
#include "model/limit.hpp"
#include "model/memory_stat.hpp"

namespace cmm {

/// The tightest limit that holds for a cgroup, and who sets it.
struct EffectiveLimit {
  Bytes bytes;         ///< at most MemTotal
  std::string cgroup;  ///< whose limit it is, below the mount; empty: nobody's, it is the machine's memory
  std::string file;    ///< which of its files
};

/// How often the kernel had to act on a cgroup or below it. What this version or kernel doesn't count is
/// absent.
struct MemoryEvents {
  std::optional<std::uint64_t> high;  ///< throttled above memory.high
  std::optional<std::uint64_t> max;   ///< about to pass memory.max (v1: memory.failcnt, memory.memsw.failcnt)
  std::optional<std::uint64_t> oom;   ///< out of memory
  std::optional<std::uint64_t> oom_kill;  ///< processes killed for that
};

/// PSI memory: the share of the last ten seconds in which …
struct PressureStall {
  std::optional<Percent> some;  ///< … some task waited for memory
  std::optional<Percent> full;  ///< … all of them did
  bool of_node = false;         ///< it is the whole node's: v1 has none by cgroup
};

/// All that can be seen of one cgroup's memory; what the kernel doesn't tell is absent.
struct Inspection {
  std::string path;  ///< below the mount
  Bytes usage;
  std::optional<Bytes> peak;  ///< the highest usage so far
  Limit memory_max = Limit::max();
  std::optional<Limit> memory_high;
  std::optional<Limit> swap_max;  ///< of swap alone, also on v1
  std::optional<Bytes> swap;
  EffectiveLimit effective_limit;
  MemoryStat stat;
  std::optional<Bytes> mapped;    ///< page cache that is mapped by processes
  Bytes reclaimable;              ///< page cache that can be dropped now
  std::optional<Bytes> refaults;  ///< cache that was read back after it had been evicted, since the start
  PressureStall pressure;
  MemoryEvents events;
};

}  // namespace cmm
