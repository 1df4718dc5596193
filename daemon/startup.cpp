// SPDX-License-Identifier: Apache-2.0
#include "daemon/startup.hpp"

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

HierarchyResult<std::vector<Parent>> find_parents(const Hierarchy& hierarchy,
                                                  const std::vector<std::string>& given) {
  std::vector<Parent> parents;
  for (const auto& path : given) {
    auto parent = find_parent(hierarchy, path);
    if (!parent) return tl::unexpected{parent.error()};
    parents.push_back(std::move(*parent));
  }
  if (given.empty()) {
    auto found = find_default_parents(hierarchy);
    if (!found) return tl::unexpected{found.error()};
    parents = *std::move(found);
  }
  return without_nested(std::move(parents));
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
  return setup;
}

}  // namespace

tl::expected<Startup, StartupError> start_up(const Settings& settings) {
  auto hierarchy = find_memory_hierarchy("/", settings.cgroup_root);
  if (!hierarchy) return refuse(hierarchy.error(), "");
  auto parents = find_parents(*hierarchy, settings.parents);
  if (!parents) return refuse(parents.error(), "parent: ");

  Startup startup;
  startup.parents_chosen = settings.parents.empty();
  auto ability = unprobed_ability(hierarchy->version);
  if (!settings.dry_run) {
    auto probed = make_reclaimer(*hierarchy, *parents, runtime_directory());
    if (!probed) return refuse(probed.error(), "");
    startup.reclaimer = std::move(probed->reclaimer);
    ability = std::move(probed->ability);
  }
  startup.has_pressure = measures_pressure(*hierarchy, parents->front().path);
  startup.has_refaults = counts_refaults(*hierarchy, parents->front().path);
  startup.setup.hierarchy = std::move(*hierarchy);
  startup.setup.ability = std::move(ability);
  startup.setup.dry_run = settings.dry_run;
  startup.setup = with(std::move(startup.setup), *std::move(parents), settings);
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
  auto parents = find_parents(present.hierarchy, settings.parents);
  if (!parents) return refuse(parents.error(), "parent: ");
  if (!present.dry_run) {
    const auto file = open_for_reclaim(present.hierarchy, *parents);
    if (!file) return refuse(file.error(), "");
  }
  return with(present, *std::move(parents), settings);
}

void raise_descriptor_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  // Without it the daemon works all the same, with files opened for each read where descriptors are scarce.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
}

}  // namespace cmm
