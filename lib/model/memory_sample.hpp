// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace cmm {

/// The part of a sample for which memory.stat had to be read.
struct CacheSample {
  Bytes cache;        ///< all page cache charged to the cgroup, shmem included
  Bytes reclaimable;  ///< what of it can be dropped now: on a file LRU and clean
};

/// What one scan saw of one cgroup.
struct MemorySample {
  Bytes usage;                       ///< memory.current, memory.usage_in_bytes
  Bytes effective_limit;             ///< the tightest limit up to the root, at most MemTotal
  bool swappable = false;            ///< reclaim could swap its anonymous memory out
  std::optional<CacheSample> cache;  ///< absent: usage alone proved that the cache is below the threshold
};

}  // namespace cmm
