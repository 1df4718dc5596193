// SPDX-License-Identifier: Apache-2.0
#include "daemon/startup.hpp"

#include <sys/resource.h>

#include <cstdlib>
#include <utility>

namespace cmm {
namespace {

ExitCode exit_code(HierarchyFault fault) {
  switch (fault) {
    case HierarchyFault::no_memory_controller:
    case HierarchyFault::missing:
    case HierarchyFault::unreadable:
      return ExitCode::unavailable;
    case HierarchyFault::not_a_cgroup:
    case HierarchyFault::other_controller:
    case HierarchyFault::is_root:
      return ExitCode::usage;
    case HierarchyFault::no_permission:
      return ExitCode::no_permission;
  }
  return ExitCode::failure;
}

tl::unexpected<StartupError> refuse(const HierarchyError& error, const char* about) {
  return tl::unexpected{StartupError{exit_code(error.fault), about + error.message}};
}

// systemd's RuntimeDirectory= names it here; with several of them, the first is ours.
std::string runtime_directory() {
  const char* given = std::getenv("RUNTIME_DIRECTORY");
  if (given == nullptr || *given == '\0') return "/run/cgroup-memory-manager";
  const std::string list{given};
  return list.substr(0, list.find(':'));
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
    auto parent = find_default_parent(hierarchy);
    if (!parent) return tl::unexpected{parent.error()};
    parents.push_back(std::move(*parent));
  }
  return without_nested(std::move(parents));
}

}  // namespace

tl::expected<Startup, StartupError> start_up(const Settings& settings) {
  auto hierarchy = find_memory_hierarchy();
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
  startup.setup = EngineSetup{.hierarchy = std::move(*hierarchy),
                              .parents = std::move(*parents),
                              .policy = settings.policy,
                              .ability = std::move(ability),
                              .dry_run = settings.dry_run};
  return startup;
}

void raise_descriptor_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  // Without it the daemon works all the same, with files opened for each read where descriptors are scarce.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
}

}  // namespace cmm
