// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/node_memory.hpp"

#include <optional>

#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

tl::unexpected<Error> makes_no_sense(const std::string& path) {
  return tl::unexpected{Error{std::make_error_code(std::errc::bad_message), "parse", path}};
}

Result<Bytes> root_usage(const Hierarchy& hierarchy, const MemoryInterface& interface,
                         const NodeMemory& memory) {
  if (hierarchy.version == CgroupVersion::v2) return memory.total - memory.free;
  const auto path = hierarchy.mount + "/" + interface.usage;
  const auto text = read_file(path);
  if (!text) return tl::unexpected{text.error()};
  const auto usage = parse_number(*text);
  if (!usage) return makes_no_sense(path);
  return Bytes{*usage};
}

}  // namespace

Result<NodeMemory> read_node_memory(const std::string& root) {
  const auto path = below(root, "/proc/meminfo");
  const auto text = read_file(path);
  if (!text) return tl::unexpected{text.error()};
  const auto memory = parse_meminfo(*text);
  if (!memory) return makes_no_sense(path);
  return *memory;
}

Result<Bytes> read_node_available(const Hierarchy& hierarchy, NodeAvailable measure,
                                  const NodeMemory& memory) {
  if (measure == NodeAvailable::mem_available) return memory.available;
  const auto& interface = memory_interface(hierarchy.version);
  auto usage = root_usage(hierarchy, interface, memory);
  if (!usage) return usage;
  const auto path = hierarchy.mount + "/" + interface.stat;
  const auto text = read_file(path);
  if (!text) return tl::unexpected{text.error()};
  const auto stat = parse_memory_stat(*text, interface.stat_keys);
  if (!stat || !stat->inactive_file) return makes_no_sense(path);
  return memory.total - (*usage - *stat->inactive_file);
}

}  // namespace cmm
