// SPDX-License-Identifier: Apache-2.0
#include "tool/limits.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "cgroupfs/inspect.hpp"
#include "cgroupfs/make_cgroup.hpp"
#include "cgroupfs/processes.hpp"
#include "config/quantity.hpp"
#include "config/text.hpp"
#include "tool/command.hpp"
#include "tool/failure.hpp"
#include "tool/place.hpp"
#include "tool/room.hpp"

namespace cmm::tool {
namespace {

using std::chrono::microseconds;

using Setter = Limited<LimitSet> (*)(const Hierarchy&, const std::string&, Limit);

microseconds parse_microseconds(const std::string& what, const std::string& text) {
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number >= 0) return microseconds{number};
  const auto duration = parse_duration(text);
  if (!duration) {
    throw usage(fmt::format("{}: {}; here a bare number is microseconds", what, duration.error()));
  }
  return std::chrono::duration_cast<microseconds>(*duration);
}

/// v1 refuses a limit that it can't get below.
Failure too_much_in_use(const LimitRefused& refused, const Hierarchy& hierarchy, const std::string& path) {
  const auto usage = value_of(inspect(hierarchy, path)).usage;
  const bool has_processes = !value_of(list_processes(hierarchy.mount, path)).empty();
  return {
      ExitCode::failure,
      fmt::format("{}; {} is in use, and the kernel can't free enough of it{}", refused.message, human(usage),
                  has_processes ? ": end something in it first"
                                : ", though no process is in it: what is left are files in a tmpfs, or the "
                                  "kernel's own")};
}

std::string difference(const LimitSet& set) {
  if (set.asked == set.held) return "";
  if (set.held.is_max()) return " (more than the kernel counts: no limit)";
  return fmt::format(" (the kernel keeps whole pages of {} bytes and rounds down)", ::sysconf(_SC_PAGESIZE));
}

int set_limit(const Invocation& invocation, const std::string& name, const char* kernel_name, Setter setter) {
  const auto hierarchy = memory_hierarchy();
  const auto path = existing_path(hierarchy, invocation.word(0));
  const auto limit = parse_limit_argument(name, invocation.word(1));
  const bool may_kill = name == "memory-max" && hierarchy.version == CgroupVersion::v2 && !limit.is_max();
  if (may_kill && !invocation.given.has("force")) make_room(hierarchy, path, limit.value_or({}));
  const auto result = setter(hierarchy, path, limit);
  if (!result && result.error().code == std::errc::device_or_resource_busy) {
    throw too_much_in_use(result.error(), hierarchy, path);
  }
  const auto set = value_of(result);
  const auto amount = limit.is_max() ? "max" : fmt::format("{} bytes", to_text(limit));
  const auto file = set.file == kernel_name ? "" : fmt::format(" ({})", set.file);
  fmt::print("Set {} to {} for cgroup '{}'{}\n", kernel_name, amount, printable(path), file);
  fmt::print("Verified: {} = {}{}\n", kernel_name, to_text(set.held), difference(set));
  if (set.swap_limit_gone) {
    fmt::print("The limit of swap is gone with it: cgroup v1 limits swap only together with memory\n");
  }
  return 0;
}

int memory_max(const Invocation& invocation) {
  return set_limit(invocation, "memory-max", "memory.max", set_memory_max);
}
int memory_high(const Invocation& invocation) {
  return set_limit(invocation, "memory-high", "memory.high", set_memory_high);
}
int swap_max(const Invocation& invocation) {
  return set_limit(invocation, "swap-max", "memory.swap.max", set_swap_max);
}

int cpu_max(const Invocation& invocation) {
  const auto path = existing_path(memory_hierarchy(), invocation.word(0));
  const auto max = parse_cpu_max(invocation.word(1), invocation.word_or(2, "100000"));
  const auto held = limit_cpu(path, max);
  fmt::print("Set cpu.max to {} for cgroup '{}'\n", to_string(max), printable(path));
  fmt::print("Verified: cpu.max = {}\n", to_string(held));
  return 0;
}

void refuse_unmovable(const std::string& from, const std::string& to, const std::string& path) {
  if (value_of(can_move_processes(from, to, path))) return;
  throw Failure{
      ExitCode::failure,
      fmt::format("a process in cgroup '{}' is of another pid namespace and can't be moved to {} from "
                  "here; run this outside of the container, where all processes are seen",
                  path, to)};
}

void move_all(const std::string& from, const std::string& to, const std::string& path) {
  const auto moved = move_processes(from, to, path);
  if (!moved && moved.error().code == std::errc::resource_unavailable_try_again) {
    throw failure(moved.error(), "they start others faster than that: run it again when they don't");
  }
  value_of(moved);
}

Command limit_command(const char* name, const char* summary, const char* details,
                      int (*run)(const Invocation&)) {
  return {.name = name,
          .arguments = "PATH BYTES|max",
          .summary = summary,
          .details = details,
          .least_words = 2,
          .most_words = 2,
          .options = {},
          .run = run};
}

}  // namespace

std::string to_text(Limit limit) {
  return limit.is_max() ? "max" : std::to_string(limit.value_or({}).count());
}

CpuMax parse_cpu_max(const std::string& quota, const std::string& period) {
  using namespace std::chrono_literals;
  CpuMax max{.quota = std::nullopt, .period = parse_microseconds("PERIOD", period)};
  if (quota != "max") max.quota = parse_microseconds("QUOTA", quota);
  if (max.period < 1ms || max.period > 1s) {
    throw usage(fmt::format("PERIOD: {} us; accepted: from 1000 us to 1000000 us", max.period.count()));
  }
  if (max.quota && *max.quota < 1ms) {
    throw usage(fmt::format("QUOTA: {} us; accepted: max, or at least 1000 us", max.quota->count()));
  }
  return max;
}

CpuMax limit_cpu(const std::string& path, CpuMax max) {
  const auto memory = memory_hierarchy();
  const auto cpu = cpu_hierarchy();
  if (!cpu) throw Failure{ExitCode::unavailable, "no mounted cgroup hierarchy owns the cpu controller"};
  const auto made = make_path(*cpu, path, {"cpu"});
  const bool apart = cpu->mount != memory.mount;
  try {
    // Before anything is moved: what is refused then leaves all as it was.
    if (apart) refuse_unmovable(memory.mount, cpu->mount, path);
    const auto held = value_of(set_cpu_max(*cpu, path, max));
    if (apart) move_all(memory.mount, cpu->mount, path);
    return held;
  } catch (const Failure&) {
    for (auto each = made.rbegin(); each != made.rend(); ++each) {
      static_cast<void>(remove_cgroup(cpu->mount, *each));
    }
    throw;
  }
}

Command memory_max_command() {
  auto command = limit_command(
      "memory-max", "Set the memory limit above which the kernel kills",
      "Where more is in use, the kernel frees cache and swaps until it fits; a limit that it can't get below "
      "is refused.\n"
      "v1: memory.limit_in_bytes. Where swap is limited there too, as much of it stays allowed as before; "
      "max takes\nthat limit away as well.",
      memory_max);
  command.options.push_back(
      bare_option("force", "Also where the kernel will have to kill processes to get there (v2)."));
  return command;
}

Command memory_high_command() {
  return limit_command("memory-high", "Set the memory limit above which the kernel throttles",
                       "v1 has nothing like it.", memory_high);
}

Command swap_max_command() {
  return limit_command("swap-max", "Set how much swap may be used",
                       "v1 limits swap only together with memory: memory.memsw.limit_in_bytes is set to the "
                       "memory limit and this.",
                       swap_max);
}

Command cpu_max_command() {
  return {.name = "cpu-max",
          .arguments = "PATH QUOTA|max [PERIOD]",
          .summary = "Set how much CPU time may be used in each period",
          .details =
              "Both in microseconds, as in cpu.max, or with a unit, as 50ms; PERIOD is 100 ms by "
              "default.\nQUOTA 50000 of PERIOD 100000 is half a CPU.\n"
              "v1: cpu.cfs_quota_us and cpu.cfs_period_us. Where the cpu controller has a hierarchy of its "
              "own, the\ncgroup is made there and its processes are moved.",
          .least_words = 2,
          .most_words = 3,
          .options = {},
          .run = cpu_max};
}

}  // namespace cmm::tool
