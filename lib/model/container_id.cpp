// SPDX-License-Identifier: Apache-2.0
#include "model/container_id.hpp"

#include <algorithm>
#include <cstddef>

namespace cmm {

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

std::string_view container_id_at_end(std::string_view text) {
  constexpr std::size_t kIdLength = 64;
  if (text.size() < kIdLength) return {};
  const auto id = text.substr(text.size() - kIdLength);
  const auto prefix = text.substr(0, text.size() - kIdLength);
  if (!std::ranges::all_of(id, is_hex_digit)) return {};
  if (!prefix.empty() && !prefix.ends_with('-') && !prefix.ends_with(':')) return {};
  return id;
}

}  // namespace cmm
