// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/parse.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace cmm {
namespace {

/// Cuts off and returns what stands before `separator`; everything where there is none.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

std::string_view trim_newline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// Blanks, tabs, newlines and backslashes in a mount point are printed as \ooo.
std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
                         is_octal(text[i + 2]) && is_octal(text[i + 3]);
    if (!escaped) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0'));
    i += 3;
  }
  return plain;
}

// "36 35 98:0 /root /mount/point rw,noatime master:1 - type source super,options"
std::optional<Mount> parse_mount(std::string_view line) {
  constexpr std::string_view kEndOfTags = " - ";
  const auto dash = line.find(kEndOfTags);
  if (dash == std::string_view::npos) return std::nullopt;
  auto head = line.substr(0, dash);
  auto tail = line.substr(dash + kEndOfTags.size());
  for (int ids = 0; ids < 3; ++ids) take_until(head, ' ');
  Mount mount;
  mount.root = unescape(take_until(head, ' '));
  mount.mount_point = unescape(take_until(head, ' '));
  mount.type = take_until(tail, ' ');
  take_until(tail, ' ');
  mount.super_options = take_until(tail, ' ');
  if (mount.root.empty() || mount.mount_point.empty() || mount.type.empty()) return std::nullopt;
  return mount;
}

// "MemTotal:       24684096 kB"
std::optional<Bytes> meminfo_value(std::string_view rest) {
  const auto digit = rest.find_first_not_of(' ');
  if (digit == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(digit);
  if (!rest.ends_with(" kB")) return std::nullopt;
  rest.remove_suffix(3);
  const auto kib = parse_number(rest);
  if (!kib || *kib > (std::uint64_t{1} << 53U)) return std::nullopt;
  return KiB(*kib);
}

/// The usual case, at one comparison a line: every key is there, in the order of `keys`. Nothing where it
/// isn't so.
std::optional<MemoryStat> parse_in_order(std::string_view text, std::span<const StatKey> keys) {
  MemoryStat stat;
  auto key = keys.begin();
  while (key != keys.end() && !text.empty()) {
    auto line = take_until(text, '\n');
    const auto length = key->name.size();
    if (line.size() <= length || line[length] != ' ' || !line.starts_with(key->name)) continue;
    const auto number = parse_number(line.substr(length + 1));
    if (!number) return std::nullopt;
    stat.*key->field = Bytes{*number};
    ++key;
  }
  if (key != keys.end()) return std::nullopt;
  return stat;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  text = trim_newline(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Limit> parse_limit(std::string_view text) {
  if (trim_newline(text) == "max") return Limit::max();
  const auto bytes = parse_number(text);
  if (!bytes) return std::nullopt;
  return Limit{Bytes{*bytes}};
}

std::optional<MemoryStat> parse_memory_stat(std::string_view text, std::span<const StatKey> keys) {
  if (auto stat = parse_in_order(text, keys)) return stat;
  MemoryStat stat;
  bool any = false;
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    const auto name = take_until(line, ' ');
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const StatKey& each) { return each.name == name; });
    if (key == keys.end()) continue;
    const auto number = parse_number(line);
    if (!number) return std::nullopt;
    stat.*key->field = Bytes{*number};
    any = true;
  }
  if (!any) return std::nullopt;
  return stat;
}

bool has_all(const MemoryStat& stat, std::span<const StatKey> keys) {
  return std::all_of(keys.begin(), keys.end(),
                     [&](const StatKey& key) { return (stat.*key.field).has_value(); });
}

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    if (auto mount = parse_mount(take_until(text, '\n'))) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

bool contains_word(std::string_view list, char separator, std::string_view word) {
  list = trim_newline(list);
  while (!list.empty()) {
    if (take_until(list, separator) == word) return true;
  }
  return false;
}

std::optional<NodeMemory> parse_meminfo(std::string_view text) {
  NodeMemory memory;
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    const auto name = take_until(line, ':');
    const bool is_total = name == "MemTotal";
    if (!is_total && name != "SwapTotal") continue;
    const auto value = meminfo_value(line);
    if (!value) return std::nullopt;
    (is_total ? memory.total : memory.swap_total) = *value;
    // SwapTotal comes later; a kernel without swap support may not have it, and has no swap.
    if (!is_total) break;
  }
  if (memory.total == Bytes{}) return std::nullopt;
  return memory;
}

}  // namespace cmm
