// SPDX-License-Identifier: Apache-2.0
#include "config/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>

namespace cmm {
namespace {

/// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const auto replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// How long the character is at the beginning of `text`, by the table of well-formed sequences in the Unicode
/// standard (3-7); 0: it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t n) { return n < text.size() ? static_cast<unsigned char>(text[n]) : 0U; };
  const auto follows = [&](std::size_t n, unsigned least = 0x80, unsigned most = 0xbf) {
    return byte(n) >= least && byte(n) <= most;
  };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf && follows(1)) return 2;
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (first >= 0xe0 && first <= 0xef && follows(1, least, most) && follows(2)) return 3;
  if (first >= 0xf0 && first <= 0xf4 && follows(1, least, most) && follows(2) && follows(3)) return 4;
  return 0;
}

/// Ends a line, or changes the order in which the rest of it is shown.
bool misleads(unsigned character) {
  const auto within = [&](unsigned first, unsigned last) { return first <= character && character <= last; };
  return character == 0x061c || within(0x200e, 0x200f) || within(0x2028, 0x202e) || within(0x2066, 0x2069);
}

/// The character of two or three bytes at the beginning of `text`; 0: it has another length.
unsigned two_or_three_bytes(std::string_view text) {
  const auto bits = [&](std::size_t n, unsigned mask) { return static_cast<unsigned char>(text[n]) & mask; };
  const auto length = utf8_length(text);
  if (length == 2) return bits(0, 0x1fU) << 6U | bits(1, 0x3fU);
  return length == 3 ? bits(0, 0x0fU) << 12U | bits(1, 0x3fU) << 6U | bits(2, 0x3fU) : 0;
}

/// The control character at the beginning of `text`: of ASCII, of C1 (U+0080 to U+009F), which terminals obey
/// as well, or one that makes a line look like another.
std::optional<unsigned> control_character(std::string_view text) {
  const unsigned first = static_cast<unsigned char>(text.front());
  if (first < 0x20 || first == 0x7f) return first;
  const auto character = two_or_three_bytes(text);
  const bool is_c1 = character >= 0x80 && character < 0xa0;
  return is_c1 || misleads(character) ? std::optional{character} : std::nullopt;
}

std::string shown_control(unsigned character) {
  if (character == '\n') return "\\n";
  return character < 0x80 ? fmt::format("\\x{:02x}", character) : fmt::format("\\u{:04x}", character);
}

std::string escaped_byte(char byte) { return fmt::format("\\x{:02x}", static_cast<unsigned char>(byte)); }

/// Bytes that are no UTF-8 are 0x80 or above.
bool looks_like_escaped_byte(std::string_view text) {
  constexpr std::string_view kHex{"0123456789abcdef"};
  if (text.size() < 3 || text.front() != 'x') return false;
  return kHex.substr(8).find(text[1]) != std::string_view::npos &&
         kHex.find(text[2]) != std::string_view::npos;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto control = control_character(text);
    if (length == 0) {
      result += escaped_byte(text.front());
    } else if (control) {
      result += shown_control(*control);
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 80;
  if (text.size() <= longest) return fmt::format("\"{}\"", printable(text));
  auto end = longest;
  // Not in the middle of a UTF-8 character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return fmt::format("\"{}…\"", printable(text.substr(0, end)));
}

std::string utf8(std::string_view text) {
  std::string result;
  std::size_t backslashes = 0;  // directly before
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0 || looks_like_escaped_byte(text)) result.append(backslashes, '\\');
    backslashes = text.front() == '\\' ? backslashes + 1 : 0;
    if (length == 0) {
      result += escaped_byte(text.front());
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string yaml_string(std::string_view text) {
  std::string result{"\""};
  while (!text.empty()) {
    const auto length = std::max<std::size_t>(utf8_length(text), 1);
    if (text.front() == '"' || text.front() == '\\') {
      result += fmt::format("\\{}", text.front());
    } else if (const auto control = control_character(text)) {
      result += *control < 0x100 ? fmt::format("\\x{:02x}", *control) : fmt::format("\\u{:04x}", *control);
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result + '"';
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t longest = 64;  // the work grows with the length, and no name is near to that
  if (word.size() > longest) return {};
  std::string_view best;
  auto best_distance = std::min<std::size_t>(3, word.size());
  for (const auto candidate : candidates) {
    const auto d = distance(word, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace cmm
