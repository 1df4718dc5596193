// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cgroupfs/memory_interface.hpp"
#include "model/limit.hpp"
#include "model/memory_stat.hpp"

// Parsers of what the kernel prints. Pure, total functions of the text: nothing comes back where it makes no
// sense.

namespace cmm {

/// A file with one unsigned decimal number and its newline.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// A limit file: a number of bytes, or "max". v1's "unlimited" is a number near LONG_MAX and stays one: it is
/// above MemTotal and so never the tightest.
std::optional<Limit> parse_limit(std::string_view text);

/// memory.stat. Unknown keys are passed over; nothing comes back where none of the wanted ones is there.
std::optional<MemoryStat> parse_memory_stat(std::string_view text, std::span<const StatKey> keys);

/// True where no key is absent.
bool has_all(const MemoryStat& stat, std::span<const StatKey> keys);

/// One line of /proc/self/mountinfo; proc(5).
struct Mount {
  std::string root;           ///< which part of the file system is mounted: "/" = all
  std::string mount_point;    ///< octal escapes (\040) resolved
  std::string type;           ///< "cgroup", "cgroup2", …
  std::string super_options;  ///< "rw,memory"
};

/// /proc/self/mountinfo; lines that aren't of its form are passed over.
std::vector<Mount> parse_mountinfo(std::string_view text);

/// True where `word` is one of the list's words.
bool contains_word(std::string_view list, char separator, std::string_view word);

/// MemTotal and SwapTotal of /proc/meminfo.
struct NodeMemory {
  Bytes total;
  Bytes swap_total;
};
std::optional<NodeMemory> parse_meminfo(std::string_view text);

}  // namespace cmm
