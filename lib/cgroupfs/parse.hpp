// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cgroupfs/memory_interface.hpp"
#include "model/amount.hpp"
#include "model/limit.hpp"
#include "model/memory_stat.hpp"

// Parsers of what the kernel prints. Pure, total functions of the text: nothing comes back where it makes no
// sense, or where its last newline is missing, as the number before it may then be a part of one. A key that
// comes twice counts the first time.

namespace cmm {

/// A file with one unsigned decimal number and its newline.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// A limit file: a number of bytes, or "max". v1's "unlimited" is a number near LONG_MAX and stays one: it is
/// above MemTotal and so never the tightest.
std::optional<Limit> parse_limit(std::string_view text);

/// The same for whoever shows it: v1's "unlimited", LONG_MAX in whole pages, is no limit here.
std::optional<Limit> parse_set_limit(std::string_view text);

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

/// What /proc/meminfo says of the node; all of it has to be there.
struct NodeMemory {
  Bytes total;       ///< MemTotal
  Bytes free;        ///< MemFree
  Bytes available;   ///< MemAvailable: what could be had without swapping
  Bytes swap_total;  ///< SwapTotal
};
std::optional<NodeMemory> parse_meminfo(std::string_view text);

/// One key of a file of "key value" lines, like memory.stat.
std::optional<std::uint64_t> find_value(std::string_view text, std::string_view key);

/// cgroup.procs: one process id a line, 0 for a process of another pid namespace. A file without any is
/// empty.
std::optional<std::vector<pid_t>> parse_pids(std::string_view text);

/// One process of all that ever were: a pid is used again, both together aren't.
struct ProcessStart {
  pid_t pid = 0;
  std::uint64_t ticks = 0;  ///< clock ticks from boot to its start

  friend bool operator==(const ProcessStart&, const ProcessStart&) = default;
};

/// /proc/PID/stat; proc(5).
std::optional<ProcessStart> parse_process_stat(std::string_view text);

/// `some avg10` of a PSI file: the percentage of the last ten seconds in which some task was stalled. `text`
/// has to begin with the line of that `kind`.
std::optional<Percent> parse_pressure(std::string_view text, std::string_view kind = "some");

}  // namespace cmm
