// SPDX-License-Identifier: Apache-2.0
#include "tool/load_size.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cgroupfs/inspect.hpp"
#include "cgroupfs/node_memory.hpp"
#include "tool/failure.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

Bytes size_for(const std::string& path, const std::string& given, double share, const EffectiveLimit& limit) {
  if (!given.empty()) return parse_size_argument("SIZE", given);
  if (limit.cgroup.empty()) {
    throw usage(
        fmt::format("nothing limits cgroup '{0}', so SIZE has to be given; or set a limit: cgroup-tool "
                    "memory-max {0} 100MiB",
                    path));
  }
  return Bytes{static_cast<std::uint64_t>(static_cast<double>(limit.bytes.count()) * share)};
}

}  // namespace

Bytes load_size(const std::string& path, const std::string& given, double share) {
  const auto limit = value_of(find_effective_limit(memory_hierarchy(), path));
  const auto size = size_for(path, given, share, limit);
  if (size == Bytes{}) throw usage("SIZE: 0; accepted: a size above 0");
  const auto node = value_of(read_node_memory());
  const auto wanted = std::min(size, limit.bytes);
  if (wanted > node.available) {
    throw Failure{
        ExitCode::failure,
        fmt::format("{} would be filled, and the machine has {} available: the kernel would end other "
                    "programs; give a smaller SIZE",
                    human(wanted), human(node.available))};
  }
  return size;
}

}  // namespace cmm::tool
