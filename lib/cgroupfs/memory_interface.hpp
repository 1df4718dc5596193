// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "model/memory_stat.hpp"

namespace cmm {

enum class CgroupVersion { v1, v2 };

/// One wanted key of memory.stat and where its value goes.
struct StatKey {
  std::string_view name;
  std::optional<Bytes> MemoryStat::*field;
};

/// The one place where v1 and v2 differ for whoever reads: which file, which keys, which formula.
struct MemoryInterface {
  CgroupVersion version;
  const char* usage;
  const char* limit;
  const char* high;  ///< a second limit that throttles instead of killing; v1 has none: nullptr
  const char* stat;
  const char* reclaim;
  const char* pressure;  ///< PSI of the cgroup; v1 has none of its own: nullptr, and the node's counts
  /// Keys of the counter of cache pages that were read back after they had been evicted, in pages: the one
  /// for file pages alone, and the older one that doesn't tell them from anonymous ones.
  std::array<std::string_view, 2> refault_keys;
  std::span<const StatKey> stat_keys;
  /// The cache that can be dropped now, or nothing where the kernel doesn't say (no file LRU in the stat).
  std::optional<Bytes> (*reclaimable)(const MemoryStat&);
};

const MemoryInterface& memory_interface(CgroupVersion version);

}  // namespace cmm
