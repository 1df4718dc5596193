// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cgroupfs/make_cgroup.hpp"
#include "cgroupfs/owner_mark.hpp"
#include "cgroupfs/processes.hpp"
#include "config/text.hpp"
#include "tool/command.hpp"
#include "tool/failure.hpp"
#include "tool/place.hpp"
#include "tool/removal.hpp"

namespace cmm::tool {
namespace {

constexpr std::size_t kMostNamed = 8;

std::string names(const std::vector<Process>& processes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(processes.size(), kMostNamed); ++i) {
    const auto& each = processes[i];
    text += fmt::format("{}{} ({}) in '{}'", i == 0 ? "" : ", ", each.pid, printable(each.name),
                        printable(each.cgroup));
  }
  if (processes.size() > kMostNamed) text += fmt::format(" and {} more", processes.size() - kMostNamed);
  return text;
}

void refuse_with_processes(const std::string& mount, const std::string& path) {
  const auto inside = list_processes(mount, path);
  if (!inside || inside->empty()) return;
  throw Failure{ExitCode::failure,
                fmt::format("cgroup '{}' has {} inside: {}; end or move {} first", path,
                            inside->size() == 1 ? "a process" : fmt::format("{} processes", inside->size()),
                            names(*inside), inside->size() == 1 ? "it" : "them")};
}

void remove(const std::string& mount, const std::string& path, bool recursive) {
  refuse_with_processes(mount, path);
  if (!recursive) {
    const auto removed = remove_cgroup(mount, path);
    if (!removed && removed.error().code == std::errc::device_or_resource_busy) {
      throw Failure{
          ExitCode::failure,
          fmt::format("cgroup '{0}' has cgroups below it; cgroup-tool delete {0} --recursive removes "
                      "them too",
                      path)};
    }
    value_of(removed);
    fmt::print("Deleted cgroup '{}'\n", printable(path));
    return;
  }
  const auto tree = remove_cgroup_tree(mount, path);
  for (const auto& each : tree.removed) fmt::print("Deleted cgroup '{}'\n", printable(each));
  if (tree.error) throw failure(*tree.error);
}

/// What a tool that was killed left behind in one hierarchy, with what still runs in it.
void remove_stale(const std::string& mount) {
  for (const auto& [path, made_as] : value_of(find_stale(mount))) {
    std::vector<Process> killed;
    if (made_as == MadeAs::own) {
      killed = remove_with_all_in_it(mount, path);
    } else if (!remove_unless_used(mount, path)) {
      continue;
    }
    fmt::print("Deleted stale cgroup '{}'\n", printable(path));
    if (!killed.empty()) fmt::print("  killed what still ran in it: {}\n", names(killed));
  }
}

int delete_stale() {
  const auto memory = memory_hierarchy();
  const auto cpu = cpu_hierarchy();
  remove_stale(memory.mount);
  if (cpu && cpu->mount != memory.mount) remove_stale(cpu->mount);
  return 0;
}

int run_delete(const Invocation& invocation) {
  const bool stale = invocation.given.has("stale");
  if (stale == !invocation.given.words.empty()) {
    throw usage("delete: name one cgroup, or give --stale");
  }
  if (stale) return delete_stale();
  const auto memory = memory_hierarchy();
  const auto path = existing_path(memory, invocation.word(0));
  const bool recursive = invocation.given.has("recursive");
  remove(memory.mount, path, recursive);
  // Its other half, where cpu-max made one.
  if (const auto other = mount_of_other_half(memory.mount, path)) remove(*other, path, recursive);
  return 0;
}

}  // namespace

Command delete_command() {
  return {
      .name = "delete",
      .arguments = "PATH [--recursive] | --stale",
      .summary = "Remove a cgroup without processes",
      .details = "",
      .least_words = 0,
      .most_words = 1,
      .options = {bare_option("recursive", "Also the cgroups below it, the deepest first."),
                  bare_option("stale",
                              "Remove what run, test-memory and stress-memory left behind because they were "
                              "killed (SIGKILL), and kill what still runs in it.")},
      .run = run_delete};
}

}  // namespace cmm::tool
