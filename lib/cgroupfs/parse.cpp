// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/parse.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <system_error>
#include <utility>

namespace cmm {
namespace {

/// Cuts off and returns what stands before `separator`; everything where there is none.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

/// What the kernel prints ends with a newline: without it the end is missing, and the last number may be a
/// part of one.
bool is_whole(std::string_view text) { return text.ends_with('\n'); }

/// A number, and nothing else.
template <class T>
std::optional<T> to_number(std::string_view text) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Cuts `start` off; false where the text begins otherwise.
bool take_start(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

std::optional<Percent> share_of_time(std::string_view number) {
  if (number.empty() || number.front() < '0' || number.front() > '9') return std::nullopt;
  Percent percent;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), percent.value, std::chars_format::fixed);
  const bool whole = error == std::errc{} && end == number.data() + number.size();
  if (!whole || !(percent.value >= 0) || percent.value > 100) return std::nullopt;
  return percent;
}

bool is_octal(char c, char most = '7') { return c >= '0' && c <= most; }

// Blanks, tabs, newlines and backslashes in a mount point are printed as \ooo.
std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1], '3') &&
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

/// "98:0"
bool is_device(std::string_view text) {
  const auto major = take_until(text, ':');
  return to_number<unsigned>(major) && to_number<unsigned>(text);
}

// "36 35 98:0 /root /mount/point rw,noatime master:1 - type source super,options"
std::optional<Mount> parse_mount(std::string_view line) {
  constexpr std::string_view kEndOfTags = " - ";
  const auto dash = line.find(kEndOfTags);
  if (dash == std::string_view::npos) return std::nullopt;
  auto head = line.substr(0, dash);
  auto tail = line.substr(dash + kEndOfTags.size());
  const bool has_ids = to_number<unsigned>(take_until(head, ' ')) &&
                       to_number<unsigned>(take_until(head, ' ')) && is_device(take_until(head, ' '));
  if (!has_ids) return std::nullopt;
  Mount mount;
  mount.root = unescape(take_until(head, ' '));
  mount.mount_point = unescape(take_until(head, ' '));
  mount.type = take_until(tail, ' ');
  take_until(tail, ' ');
  mount.super_options = take_until(tail, ' ');
  if (mount.root.empty() || !mount.mount_point.starts_with('/') || mount.type.empty()) return std::nullopt;
  // As a path it would end there, and be another one.
  if (mount.mount_point.find('\0') != std::string::npos) return std::nullopt;
  return mount;
}

// "MemTotal:       24684096 kB"
std::optional<Bytes> meminfo_value(std::string_view rest) {
  const auto digit = rest.find_first_not_of(' ');
  if (digit == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(digit);
  if (!rest.ends_with(" kB")) return std::nullopt;
  rest.remove_suffix(3);
  const auto kib = to_number<std::uint64_t>(rest);
  if (!kib || *kib > (std::uint64_t{1} << 53U)) return std::nullopt;
  return KiB(*kib);
}

bool is_line_of(std::string_view text, std::string_view key) {
  return text.size() > key.size() && text[key.size()] == ' ' &&
         std::memcmp(text.data(), key.data(), key.size()) == 0;
}

/// What follows the first line.
std::string_view after_line(std::string_view text) {
  const auto* end = std::memchr(text.data(), '\n', text.size());
  return end == nullptr
             ? std::string_view{}
             : text.substr(static_cast<std::size_t>(static_cast<const char*>(end) - text.data()) + 1);
}

/// The number at the beginning of `text` and its newline, which are cut off. Nothing where it has too many
/// digits to be sure that 64 bits hold it: std::from_chars asks that at each digit.
std::optional<std::uint64_t> take_number_line(std::string_view& text) {
  constexpr std::size_t kSafe = std::numeric_limits<std::uint64_t>::digits10;
  std::uint64_t number = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    number = 10 * number + static_cast<std::uint64_t>(text[digits++] - '0');
  }
  if (digits == 0 || digits > kSafe || digits == text.size() || text[digits] != '\n') return std::nullopt;
  text.remove_prefix(digits + 1);
  return number;
}

/// The usual case, at one comparison a line: every key is there, in the order of `keys`. Nothing where it
/// isn't so. Most of what a scan does outside the kernel is done here.
std::optional<MemoryStat> parse_in_order(std::string_view text, std::span<const StatKey> keys) {
  MemoryStat stat;
  for (const auto& key : keys) {
    while (!is_line_of(text, key.name)) {
      if (text.empty()) return std::nullopt;
      text = after_line(text);
    }
    text.remove_prefix(key.name.size() + 1);
    const auto number = take_number_line(text);
    if (!number) return std::nullopt;
    stat.*key.field = Bytes{*number};
  }
  return stat;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (!is_whole(text)) return std::nullopt;
  text.remove_suffix(1);
  return to_number<std::uint64_t>(text);
}

std::optional<Limit> parse_limit(std::string_view text) {
  if (text == "max\n") return Limit::max();
  const auto bytes = parse_number(text);
  if (!bytes) return std::nullopt;
  return Limit{Bytes{*bytes}};
}

std::optional<Limit> parse_set_limit(std::string_view text) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  static const Bytes most{static_cast<std::uint64_t>(std::numeric_limits<long>::max()) / page * page};
  const auto limit = parse_limit(text);
  return limit && limit->value_or(Bytes{}) >= most ? Limit::max() : limit;
}

std::optional<MemoryStat> parse_memory_stat(std::string_view text, std::span<const StatKey> keys) {
  if (!is_whole(text)) return std::nullopt;
  if (auto stat = parse_in_order(text, keys)) return stat;
  MemoryStat stat;
  bool any = false;
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    const auto name = take_until(line, ' ');
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const StatKey& each) { return each.name == name; });
    if (key == keys.end() || stat.*key->field) continue;
    const auto number = to_number<std::uint64_t>(line);
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
  while (text.find('\n') != std::string_view::npos) {
    if (auto mount = parse_mount(take_until(text, '\n'))) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

bool contains_word(std::string_view list, char separator, std::string_view word) {
  if (list.ends_with('\n')) list.remove_suffix(1);
  while (!list.empty()) {
    if (take_until(list, separator) == word) return true;
  }
  return false;
}

std::optional<NodeMemory> parse_meminfo(std::string_view text) {
  // Every kernel prints all of them, also one without swap.
  constexpr std::array keys{
      std::pair{std::string_view{"MemTotal"}, &NodeMemory::total},
      std::pair{std::string_view{"MemFree"}, &NodeMemory::free},
      std::pair{std::string_view{"MemAvailable"}, &NodeMemory::available},
      std::pair{std::string_view{"SwapTotal"}, &NodeMemory::swap_total},
  };
  if (!is_whole(text)) return std::nullopt;
  NodeMemory memory;
  std::array<bool, keys.size()> seen{};
  while (!text.empty() && !std::ranges::all_of(seen, std::identity{})) {
    auto line = take_until(text, '\n');
    const auto name = take_until(line, ':');
    const auto* key = std::ranges::find(keys, name, &decltype(keys)::value_type::first);
    if (key == keys.end() || std::exchange(seen.at(static_cast<std::size_t>(key - keys.begin())), true)) {
      continue;
    }
    const auto value = meminfo_value(line);
    if (!value) return std::nullopt;
    memory.*key->second = *value;
  }
  if (memory.total == Bytes{} || !std::ranges::all_of(seen, std::identity{})) return std::nullopt;
  return memory;
}

std::optional<std::uint64_t> find_value(std::string_view text, std::string_view key) {
  if (!is_whole(text)) return std::nullopt;
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    if (take_until(line, ' ') == key) return to_number<std::uint64_t>(line);
  }
  return std::nullopt;
}

std::optional<std::vector<pid_t>> parse_pids(std::string_view text) {
  std::vector<pid_t> pids;
  while (!text.empty()) {
    if (!is_whole(text)) return std::nullopt;
    const auto pid = to_number<pid_t>(take_until(text, '\n'));
    if (!pid || *pid < 0) return std::nullopt;
    pids.push_back(*pid);
  }
  return pids;
}

std::optional<ProcessStart> parse_process_stat(std::string_view text) {
  constexpr int kFieldOfName = 2;
  constexpr int kFieldOfStart = 22;
  if (!is_whole(text)) return std::nullopt;
  // The name stands in parentheses and may have blanks and parentheses in it.
  const auto pid = to_number<pid_t>(text.substr(0, text.find(" (")));
  const auto name_end = text.rfind(") ");
  if (!pid || *pid <= 0 || name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 2);
  if (take_until(text, ' ').size() != 1) return std::nullopt;  // the state, a letter
  for (int field = kFieldOfName + 2; field < kFieldOfStart; ++field) {
    if (!to_number<long long>(take_until(text, ' '))) return std::nullopt;
  }
  const auto ticks = to_number<std::uint64_t>(take_until(text, ' '));
  if (!ticks) return std::nullopt;
  return ProcessStart{*pid, *ticks};
}

std::optional<Percent> parse_pressure(std::string_view text, std::string_view kind) {
  constexpr std::string_view kStart = " avg10=";
  if (!take_start(text, kind) || !take_start(text, kStart)) return std::nullopt;
  const auto end = text.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  return share_of_time(text.substr(0, end));
}

}  // namespace cmm
