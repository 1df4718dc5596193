// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "model/amount.hpp"

namespace cmm {

/// The part of a sample for which memory.stat had to be read.
struct CacheSample {
  Bytes cache;        ///< all page cache charged to the cgroup, shmem included
  Bytes reclaimable;  ///< what of it can be dropped now: on a file LRU and clean
};

/// What may speak against reclaiming a cgroup; looked at only where nothing else does.
struct GuardSample {
  bool swappable = false;           ///< reclaim could swap its anonymous memory out
  bool opted_out = false;           ///< it has the attribute that says so
  std::optional<Percent> pressure;  ///< PSI memory `some avg10`; absent: this kernel doesn't measure it
};

/// What one scan saw of one cgroup.
struct MemorySample {
  Bytes usage;                       ///< memory.current, memory.usage_in_bytes
  Bytes effective_limit;             ///< the tightest limit up to the root, at most MemTotal
  std::optional<CacheSample> cache;  ///< absent: usage alone proved that the cache is below the threshold
  GuardSample guards{};
};

}  // namespace cmm
