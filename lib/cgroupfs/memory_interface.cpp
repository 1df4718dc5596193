// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/memory_interface.hpp"

#include <algorithm>
#include <array>

namespace cmm {
namespace {

// Both in the order in which the kernel prints them: the parser finds them fastest so.

// v1 prints local values under the plain names; the total_ ones include the children.
constexpr std::array kV1Keys{
    StatKey{"hierarchical_memory_limit", &MemoryStat::hierarchical_limit},
    StatKey{"total_cache", &MemoryStat::file},
    StatKey{"total_rss", &MemoryStat::anon},
    StatKey{"total_shmem", &MemoryStat::shmem},
    StatKey{"total_dirty", &MemoryStat::dirty},
    StatKey{"total_writeback", &MemoryStat::writeback},
    StatKey{"total_inactive_file", &MemoryStat::inactive_file},
    StatKey{"total_active_file", &MemoryStat::active_file},
};

// v2 is always hierarchical.
constexpr std::array kV2Keys{
    StatKey{"anon", &MemoryStat::anon},
    StatKey{"file", &MemoryStat::file},
    StatKey{"shmem", &MemoryStat::shmem},
    StatKey{"file_dirty", &MemoryStat::dirty},
    StatKey{"file_writeback", &MemoryStat::writeback},
    StatKey{"inactive_file", &MemoryStat::inactive_file},
    StatKey{"active_file", &MemoryStat::active_file},
};

Bytes value(const std::optional<Bytes>& bytes) { return bytes.value_or(Bytes{}); }

// Every kernel prints both; with one alone the text is a part of the file.
std::optional<Bytes> file_lru(const MemoryStat& stat) {
  if (!stat.inactive_file || !stat.active_file) return std::nullopt;
  return *stat.inactive_file + *stat.active_file;
}

// Dirty pages and those under writeback can't be dropped until the disk has them.
Bytes clean(Bytes pages, const MemoryStat& stat) {
  return pages - (value(stat.dirty) + value(stat.writeback));
}

std::optional<Bytes> reclaimable_v1(const MemoryStat& stat) {
  const auto lru = file_lru(stat);
  if (!lru) return std::nullopt;
  return clean(*lru, stat);
}

// The file LRUs of v2 can lag behind `file` between two flushes of the statistics: the smaller one is safe.
std::optional<Bytes> reclaimable_v2(const MemoryStat& stat) {
  const auto lru = file_lru(stat);
  if (!lru) return std::nullopt;
  const auto droppable = stat.file ? std::min(*stat.file - value(stat.shmem), *lru) : *lru;
  return clean(droppable, stat);
}

constexpr MemoryInterface kV1{
    .version = CgroupVersion::v1,
    .usage = "memory.usage_in_bytes",
    .limit = "memory.limit_in_bytes",
    .high = nullptr,
    .stat = "memory.stat",
    .reclaim = "memory.force_empty",
    .pressure = nullptr,
    .refault_keys = {"total_workingset_refault_file", "total_workingset_refault"},
    .stat_keys = kV1Keys,
    .reclaimable = reclaimable_v1,
};
constexpr MemoryInterface kV2{
    .version = CgroupVersion::v2,
    .usage = "memory.current",
    .limit = "memory.max",
    .high = "memory.high",
    .stat = "memory.stat",
    .reclaim = "memory.reclaim",
    .pressure = "memory.pressure",
    .refault_keys = {"workingset_refault_file", "workingset_refault"},
    .stat_keys = kV2Keys,
    .reclaimable = reclaimable_v2,
};

}  // namespace

const MemoryInterface& memory_interface(CgroupVersion version) {
  return version == CgroupVersion::v1 ? kV1 : kV2;
}

}  // namespace cmm
