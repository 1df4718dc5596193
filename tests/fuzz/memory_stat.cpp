// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "cgroupfs/memory_interface.hpp"
#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

/// The wanted keys as the kernel would print them.
std::string print(const MemoryStat& stat, std::span<const StatKey> keys) {
  std::string text;
  for (const auto& key : keys) {
    const auto& value = stat.*key.field;
    if (value) text += std::string{key.name} + " " + std::to_string(value->count()) + "\n";
  }
  return text;
}

}  // namespace

void fuzz(std::string_view text) {
  for (const auto version : {CgroupVersion::v1, CgroupVersion::v2}) {
    const auto& interface = memory_interface(version);
    const auto stat = parse_memory_stat(text, interface.stat_keys);
    if (!stat) continue;
    check(*stat != MemoryStat{}, "a stat has at least one value");
    check(parse_memory_stat(print(*stat, interface.stat_keys), interface.stat_keys) == stat,
          "a stat reads back");
    const auto reclaimable = interface.reclaimable(*stat);
    check(reclaimable.has_value() == (stat->inactive_file && stat->active_file), "both file LRUs decide");
    const auto lru = stat->inactive_file.value_or(Bytes{}) + stat->active_file.value_or(Bytes{});
    if (reclaimable) check(*reclaimable <= lru, "what can be dropped is on the file LRUs");
  }
}

}  // namespace cmm::test
