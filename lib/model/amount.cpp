// SPDX-License-Identifier: Apache-2.0
#include "model/amount.hpp"

#include <fmt/format.h>

#include <cmath>

namespace cmm {

Bytes resolve(const Amount& amount, Bytes effective_limit) {
  if (const auto* bytes = std::get_if<Bytes>(&amount)) return *bytes;
  const auto share = std::get<Percent>(amount).value / 100.0;
  return Bytes{static_cast<std::uint64_t>(std::floor(static_cast<double>(effective_limit.count()) * share))};
}

std::string to_string(const Amount& amount) {
  if (const auto* bytes = std::get_if<Bytes>(&amount)) return fmt::format("{} B", bytes->count());
  return fmt::format("{}%", std::get<Percent>(amount).value);
}

}  // namespace cmm
