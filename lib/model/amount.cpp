// SPDX-License-Identifier: Apache-2.0
#include "model/amount.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace cmm {

Bytes resolve(const Amount& amount, Bytes effective_limit) {
  if (const auto* bytes = std::get_if<Bytes>(&amount)) return *bytes;
  // A long double holds every 64-bit number exactly, so that 100 % is the whole limit also where nothing
  // limits.
  const auto share = static_cast<long double>(std::get<Percent>(amount).value) / 100;
  return Bytes{static_cast<std::uint64_t>(static_cast<long double>(effective_limit.count()) * share)};
}

std::string to_string(const Amount& amount) {
  if (const auto* bytes = std::get_if<Bytes>(&amount)) return fmt::format("{} B", bytes->count());
  // Fixed and shortest: the grammar has no exponents, and the least double has 324 zeros before its digits.
  std::array<char, 512> buffer{};
  const auto value = std::get<Percent>(amount).value;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr;
  return std::string{buffer.data(), end} + "%";
}

}  // namespace cmm
