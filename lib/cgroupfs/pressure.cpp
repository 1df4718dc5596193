// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/pressure.hpp"

#include <fcntl.h>

#include "cgroupfs/parse.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {

std::optional<Percent> read_pressure(ControlFileReader& reader, const MemoryInterface& interface, int dir,
                                     const std::string& root) {
  const auto text = interface.pressure != nullptr
                        ? reader.read_at(dir, interface.pressure)
                        : reader.read_at(AT_FDCWD, below(root, "/proc/pressure/memory").c_str());
  return text ? parse_pressure(*text) : std::nullopt;
}

}  // namespace cmm
