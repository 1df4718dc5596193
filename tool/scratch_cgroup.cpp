// SPDX-License-Identifier: Apache-2.0
#include "tool/scratch_cgroup.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "cgroupfs/owner_mark.hpp"
#include "config/text.hpp"
#include "tool/failure.hpp"
#include "tool/place.hpp"
#include "tool/removal.hpp"

namespace cmm::tool {

ScratchCgroup::ScratchCgroup(const std::string& path, const ScratchLimits& limits) {
  const auto memory = memory_hierarchy();
  const auto cpu = cpu_hierarchy();
  if (limits.cpu_max && !cpu) {
    throw Failure{ExitCode::unavailable, "no mounted cgroup hierarchy owns the cpu controller"};
  }
  path_ = new_path(memory, path);
  const bool together = limits.cpu_max && cpu->mount == memory.mount;
  try {
    make(memory, together ? std::vector<std::string>{"memory", "cpu"} : std::vector<std::string>{"memory"});
    if (limits.cpu_max && !together) make(*cpu, {"cpu"});
    set(memory, limits);
    if (limits.cpu_max) value_of(set_cpu_max(*cpu, path_, *limits.cpu_max));
  } catch (...) {
    remove();
    throw;
  }
}

void ScratchCgroup::make(const Hierarchy& hierarchy, const std::vector<std::string>& controllers) {
  auto paths = make_path(hierarchy, path_, controllers);
  if (paths.empty()) {
    throw Failure{ExitCode::failure,
                  fmt::format("cgroup '{0}' exists already below {1}; take another name, or remove it with: "
                              "cgroup-tool delete {0}",
                              printable(path_), hierarchy.mount)};
  }
  made_.push_back({hierarchy.mount, std::move(paths)});
  for (const auto& each : made_.back().paths) {
    value_of(mark_as_made(hierarchy.mount, each, each == path_ ? MadeAs::own : MadeAs::parent));
  }
}

void ScratchCgroup::set(const Hierarchy& memory, const ScratchLimits& limits) const {
  if (limits.memory_max) value_of(set_memory_max(memory, path_, *limits.memory_max));
  if (!limits.swap_max) return;
  const auto set = set_swap_max(memory, path_, *limits.swap_max);
  if (!set) throw failure(set.error(), "give --memory-max as well");
}

ScratchCgroup::~ScratchCgroup() {
  try {
    remove();
  } catch (const std::exception& error) {
    complain(error.what());
  }
}

void ScratchCgroup::keep() {
  for (const auto& [mount, paths] : made_) {
    for (const auto& each : paths) unmark(mount, each);
  }
  made_.clear();
}

std::vector<Process> ScratchCgroup::remove() {
  std::vector<Process> killed;
  for (const auto& [mount, paths] : std::exchange(made_, {})) {
    for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
      if (*path == path_) {
        std::ranges::move(remove_with_all_in_it(mount, *path), std::back_inserter(killed));
      } else {
        remove_unless_used(mount, *path);
      }
    }
  }
  return killed;
}

std::string ScratchCgroup::name_for(const std::string& what) {
  return fmt::format("cmm-{}-{}", what, ::getpid());
}

}  // namespace cmm::tool
