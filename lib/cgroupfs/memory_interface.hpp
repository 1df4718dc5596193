// SPDX-License-Identifier: Apache-2.0
#pragma once

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
  std::span<const StatKey> stat_keys;
  /// The cache that can be dropped now, or nothing where the kernel doesn't say (no file LRU in the stat).
  std::optional<Bytes> (*reclaimable)(const MemoryStat&);
};

const MemoryInterface& memory_interface(CgroupVersion version);

}  // namespace cmm
