// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cgroupfs/inspect.hpp"
#include "cgroupfs/processes.hpp"
#include "config/text.hpp"
#include "tool/command.hpp"
#include "tool/failure.hpp"
#include "tool/inspection_text.hpp"
#include "tool/limits.hpp"
#include "tool/output_option.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

/// Everything about one cgroup.
struct Shown {
  Hierarchy hierarchy;
  Inspection seen;
  std::optional<CpuMax> cpu_max;
  std::vector<Process> processes;
};

Shown look(const std::string& given) {
  auto hierarchy = memory_hierarchy();
  const auto path = existing_path(hierarchy, given);
  const auto cpu = cpu_hierarchy();
  return {.hierarchy = hierarchy,
          .seen = value_of(inspect(hierarchy, path)),
          .cpu_max = cpu ? read_cpu_max(*cpu, path) : std::nullopt,
          .processes = value_of(list_processes(hierarchy.mount, path))};
}

std::string in_full(const std::optional<Bytes>& bytes) {
  return bytes ? fmt::format("{} ({})", bytes->count(), human(*bytes)) : "not told by this kernel";
}

std::string in_full(Limit limit) {
  return limit.is_max() ? "max" : in_full(std::optional{limit.value_or({})});
}

std::string origin(const EffectiveLimit& limit) {
  if (limit.cgroup.empty()) return "the machine's memory: no cgroup limits it further";
  return fmt::format("{} of '{}'", limit.file, printable(limit.cgroup));
}

std::string pressure(const PressureStall& pressure) {
  if (!pressure.some) return "not measured by this kernel";
  return fmt::format("some {} full {} of the last 10 s{}", percent_text(pressure.some),
                     percent_text(pressure.full),
                     pressure.of_node ? " (of the whole node: v1 has none by cgroup)" : "");
}

std::string count(const std::optional<std::uint64_t>& events) {
  return events ? std::to_string(*events) : "-";
}

void print_line(const char* name, const std::string& value) { fmt::print("{:<18} {}\n", name, value); }

void print_memory(const Inspection& seen) {
  print_line("memory.max", in_full(seen.memory_max));
  print_line("memory.high", seen.memory_high ? in_full(*seen.memory_high) : "none on cgroup v1");
  print_line("effective limit",
             fmt::format("{}, {}", in_full(seen.effective_limit.bytes), origin(seen.effective_limit)));
  print_line("usage", in_full(seen.usage));
  print_line("peak", in_full(seen.peak));
  print_line("anon", in_full(seen.stat.anon));
  print_line("cache", in_full(seen.stat.file));
  print_line("  reclaimable", in_full(seen.reclaimable));
  print_line("  dirty", in_full(seen.stat.dirty.value_or(Bytes{}) + seen.stat.writeback.value_or(Bytes{})));
  print_line("  shmem", in_full(seen.stat.shmem));
  print_line("  mapped", in_full(seen.mapped));
  print_line("refaulted", in_full(seen.refaults));
  print_line("swap", in_full(seen.swap));
  print_line("swap.max", seen.swap_max ? in_full(*seen.swap_max) : "not limited by itself");
}

void print_text(const Shown& shown) {
  print_line("cgroup",
             fmt::format("{} (v{}, {})", printable(shown.seen.path),
                         shown.hierarchy.version == CgroupVersion::v1 ? 1 : 2, shown.hierarchy.mount));
  print_memory(shown.seen);
  print_line("cpu.max",
             shown.cpu_max ? to_string(*shown.cpu_max) : "not limited: no such cgroup of the cpu controller");
  print_line("pressure", pressure(shown.seen.pressure));
  const auto& events = shown.seen.events;
  print_line("events", fmt::format("high {} max {} oom {} oom_kill {}", count(events.high), count(events.max),
                                   count(events.oom), count(events.oom_kill)));
  print_line("processes", std::to_string(shown.processes.size()));
  for (const auto& each : shown.processes) {
    const auto where = each.cgroup == shown.seen.path ? "" : " in " + each.cgroup;
    fmt::print("  {:>8} {}{}\n", each.pid, printable(each.name), printable(where));
  }
}

void print_json(const Shown& shown) {
  auto json = to_json(shown.seen);
  json["version"] = shown.hierarchy.version == CgroupVersion::v1 ? 1 : 2;
  json["mount"] = shown.hierarchy.mount;
  json["cpu_max"] = shown.cpu_max ? nlohmann::ordered_json(to_string(*shown.cpu_max)) : nullptr;
  json["processes"] = nlohmann::ordered_json::array();
  for (const auto& each : shown.processes) {
    json["processes"].push_back({{"pid", each.pid}, {"name", each.name}, {"cgroup", each.cgroup}});
  }
  fmt::print("{}\n", to_line(json, 2));
}

int show(const Invocation& invocation) {
  const auto output = output_of(invocation.given);
  const auto shown = look(invocation.word(0));
  output == Output::json ? print_json(shown) : print_text(shown);
  return 0;
}

}  // namespace

Command show_command() {
  return {.name = "show",
          .arguments = "PATH [--output text|json]",
          .summary = "Say all that the kernel tells of a cgroup's memory",
          .details = "",
          .least_words = 1,
          .most_words = 1,
          .options = {output_option()},
          .run = show};
}

}  // namespace cmm::tool
