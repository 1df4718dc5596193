// SPDX-License-Identifier: Apache-2.0
#include "daemon/startup.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cgroupfs/features.hpp"
#include "daemon/runtime_directory.hpp"

namespace cmm {
namespace {

tl::unexpected<StartupError> refuse(const HierarchyError& error, const char* about) {
  return tl::unexpected{StartupError{exit_code_of(error.fault), about + error.message}};
}

/// The parents to watch, and which of the given ones don't exist yet.
struct Parents {
  std::vector<Parent> watched;
  std::vector<Parent> present;
  std::vector<Parent> awaited;
};

HierarchyResult<Parents> find_given_parents(const Hierarchy& hierarchy, const Settings& settings) {
  // Who scans once has nothing to wait for.
  const bool waits = settings.wait_for_parent && !settings.once;
  Parents parents;
  for (const auto& path : settings.parents) {
    auto found =
        waits ? find_awaited_parent(hierarchy, path) : find_parent(hierarchy, path).map([](Parent parent) {
          return AwaitedParent{std::move(parent), true};
        });
    if (!found) return tl::unexpected{found.error()};
    (found->exists ? parents.present : parents.awaited).push_back(found->parent);
    parents.watched.push_back(std::move(found->parent));
  }
  parents.watched = without_nested(std::move(parents.watched));
  return parents;
}

HierarchyResult<Parents> find_parents(const Hierarchy& hierarchy, const Settings& settings) {
  if (!settings.parents.empty()) return find_given_parents(hierarchy, settings);
  return find_default_parents(hierarchy).map([](std::vector<Parent> found) {
    auto parents = without_nested(std::move(found));
    return Parents{.watched = parents, .present = parents, .awaited = {}};
  });
}

/// Where to ask what the kernel can do: while none of the parents exists, the root of the hierarchy, which
/// has the same files.
std::vector<Parent> to_probe(const Parents& parents) {
  return parents.present.empty() ? std::vector{Parent{"."}} : parents.present;
}

Pace pace_of(const Settings& settings) {
  constexpr Duration kShortest = std::chrono::seconds{1};
  return {.shortest = settings.interval_min.value_or(std::min(kShortest, settings.interval)),
          .longest = settings.interval};
}

EngineSetup with(EngineSetup setup, std::vector<Parent> parents, const Settings& settings) {
  setup.parents = std::move(parents);
  setup.policy = settings.policy;
  setup.rules = settings.rules;
  setup.gate = settings.when;
  setup.budget = settings.budget;
  setup.pace = pace_of(settings);
  setup.container_logs = settings.container_logs;
  setup.awaits_parents = settings.wait_for_parent;
  return setup;
}

}  // namespace

tl::expected<Startup, StartupError> start_up(const Settings& settings) {
  auto hierarchy = find_memory_hierarchy("/", settings.cgroup_root);
  if (!hierarchy) return refuse(hierarchy.error(), "");
  auto parents = find_parents(*hierarchy, settings);
  if (!parents) return refuse(parents.error(), "parent: ");
  const auto probed_at = to_probe(*parents);

  Startup startup;
  startup.parents_chosen = settings.parents.empty();
  startup.awaited = std::move(parents->awaited);
  auto ability = unprobed_ability(hierarchy->version);
  if (!settings.dry_run) {
    auto probed = make_reclaimer(*hierarchy, probed_at, runtime_directory());
    if (!probed) return refuse(probed.error(), "");
    startup.reclaimer = std::move(probed->reclaimer);
    ability = std::move(probed->ability);
  }
  startup.has_pressure = measures_pressure(*hierarchy, probed_at.front().path);
  startup.has_refaults = counts_refaults(*hierarchy, probed_at.front().path);
  startup.setup.hierarchy = std::move(*hierarchy);
  startup.setup.ability = std::move(ability);
  startup.setup.dry_run = settings.dry_run;
  startup.setup = with(std::move(startup.setup), std::move(parents->watched), settings);
  return startup;
}

tl::expected<EngineSetup, StartupError> changed_setup(const EngineSetup& present, const Settings& settings) {
  if (settings.once || settings.dry_run != present.dry_run) {
    return tl::unexpected{
        StartupError{ExitCode::config, "once and dry_run can't be changed while it runs: restart it"}};
  }
  const auto hierarchy = find_memory_hierarchy("/", settings.cgroup_root);
  if (!hierarchy || hierarchy->mount != present.hierarchy.mount) {
    return tl::unexpected{
        StartupError{ExitCode::config, "cgroup_root: the hierarchy at " + present.hierarchy.mount +
                                           " can't be exchanged while it runs: restart it"}};
  }
  auto parents = find_parents(present.hierarchy, settings);
  if (!parents) return refuse(parents.error(), "parent: ");
  if (!present.dry_run) {
    const auto file = open_for_reclaim(present.hierarchy, to_probe(*parents));
    if (!file) return refuse(file.error(), "");
  }
  return with(present, std::move(parents->watched), settings);
}

void keep_heap_small() {
  // Each thread would have a part of the heap to itself, and give nothing of it back. They allocate too
  // little to get into each other's way.
  static_cast<void>(::mallopt(M_ARENA_MAX, 1));
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, 0));
}

void raise_descriptor_limit() {
  // Behind each file that is held the kernel keeps some 5 KiB, which are charged to the daemon. So many take
  // about half of the memory that unit and manifests allow it.
  constexpr rlim_t kMost = 16384;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = std::min(files.rlim_max, kMost);
  // Without it the daemon works all the same, with files opened for each read where descriptors are scarce.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
}

}  // namespace cmm
