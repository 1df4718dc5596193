// SPDX-License-Identifier: Apache-2.0
#include "config/setting_value.hpp"

#include <fmt/format.h>

#include "config/text.hpp"

namespace cmm {

tl::unexpected<std::string> refused(std::string_view text, std::string_view why, std::string_view accepted) {
  return tl::unexpected{fmt::format("{}: {}; accepted: {}", in_quotes(text), why, accepted)};
}

Parsed<Duration> parse_between(std::string_view text, Duration least, Duration most,
                               std::string_view accepted) {
  auto duration = parse_duration(text);
  if (!duration) return duration;
  if (*duration < least) return refused(text, "too short", accepted);
  if (*duration > most) return refused(text, "too long", accepted);
  return duration;
}

Parsed<unsigned> parse_between(std::string_view text, unsigned least, unsigned most,
                               std::string_view accepted) {
  auto count = parse_count(text);
  if (!count) return count;
  if (*count < least) return refused(text, "too small", accepted);
  if (*count > most) return refused(text, "too large", accepted);
  return count;
}

Parsed<Bytes> parse_size_above_zero(std::string_view text, std::string_view accepted) {
  auto size = parse_bytes(text);
  if (size && *size == Bytes{0}) return refused(text, "has to be above 0", accepted);
  return size;
}

Parsed<bool> parse_flag(std::string_view text, std::string_view accepted) {
  if (text != "true" && text != "false") return refused(text, "neither true nor false", accepted);
  return text == "true";
}

}  // namespace cmm
