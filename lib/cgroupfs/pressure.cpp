// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/pressure.hpp"

#include <fcntl.h>

#include "cgroupfs/parse.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

// No such file without CONFIG_PSI or with psi=0; EOPNOTSUPP where it is off (cgroup.pressure,
// cgroup_disable).
bool says_unmeasured(const std::error_code& code) {
  return code == std::errc::no_such_file_or_directory || code == std::errc::operation_not_supported;
}

}  // namespace

Result<std::optional<Percent>> read_pressure(ControlFileReader& reader, const MemoryInterface& interface,
                                             int dir, const std::string& cgroup, const std::string& root) {
  const auto of_node = below(root, "/proc/pressure/memory");
  const bool by_cgroup = interface.pressure != nullptr;
  const auto text =
      by_cgroup ? reader.read_at(dir, interface.pressure) : reader.read_at(AT_FDCWD, of_node.c_str());
  if (!text && says_unmeasured(text.error())) return std::nullopt;
  auto pressure = text ? parse_pressure(*text) : std::nullopt;
  if (pressure) return pressure;
  const auto why = text ? std::make_error_code(std::errc::bad_message) : text.error();
  return tl::unexpected{Error{why, "read", by_cgroup ? cgroup + "/" + interface.pressure : of_node}};
}

}  // namespace cmm
