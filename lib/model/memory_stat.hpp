// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace cmm {

/// The keys of memory.stat that this project reads, hierarchical on v1 and v2 alike. A key that the running
/// kernel doesn't have is absent, which is not the same as zero.
struct MemoryStat {
  std::optional<Bytes> file;                ///< page cache, shmem included (v1: cache)
  std::optional<Bytes> shmem;               ///< tmpfs and shared memory: in `file`, but not droppable
  std::optional<Bytes> inactive_file;       ///< file LRU, not used lately
  std::optional<Bytes> active_file;         ///< file LRU, used lately
  std::optional<Bytes> dirty;               ///< waits to be written back (v2: file_dirty)
  std::optional<Bytes> writeback;           ///< being written back (v2: file_writeback)
  std::optional<Bytes> anon;                ///< anonymous memory (v1: rss)
  std::optional<Bytes> hierarchical_limit;  ///< v1 only: the tightest limit up to the root

  friend bool operator==(const MemoryStat&, const MemoryStat&) = default;
};

}  // namespace cmm
