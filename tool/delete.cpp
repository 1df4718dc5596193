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

/// What a tool that was killed left behind, with what still runs in it.
void remove_stale(const std::string& mount, const StaleCgroup& stale) {
  std::vector<Process> killed;
  if (stale.made_as == MadeAs::own) {
    killed = remove_with_all_in_it(mount, stale.path);
  } else if (!remove_unless_used(mount, stale.path)) {
    return;
  }
  fmt::print("Deleted stale cgroup '{}'\n", printable(stale.path));
  if (!killed.empty()) fmt::print("  killed what still ran in it: {}\n", names(killed));
}

/// One that can't be removed, as where a process waits for a disk and doesn't end, keeps none of the others.
/// Returns the exit code of the first, or 0.
int remove_all_stale(const std::string& mount) {
  int code = 0;
  for (const auto& each : value_of(find_stale(mount))) {
    try {
      remove_stale(mount, each);
    } catch (const Failure& failure) {
      complain(failure.what());
      if (code == 0) code = static_cast<int>(failure.code());
    }
  }
  return code;
}

int delete_stale() {
  const auto memory = memory_hierarchy();
  const auto cpu = cpu_hierarchy();
  const int code = remove_all_stale(memory.mount);
  if (!cpu || cpu->mount == memory.mount) return code;
  const int other = remove_all_stale(cpu->mount);
  return code != 0 ? code : other;
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
