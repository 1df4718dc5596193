// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace cmm {

std::string human(Bytes bytes) {
  constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < KiB(1)) return fmt::format("{} B", bytes.count());
  auto value = static_cast<double>(bytes.count()) / 1024.0;
  std::size_t unit = 0;
  // 1023.95 would be printed as 1024.0, hence the step up just below the full thousand-and-twenty-four.
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024.0;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace cmm
