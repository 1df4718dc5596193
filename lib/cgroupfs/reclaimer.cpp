// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/reclaimer.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <utility>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/reclaimer_v1.hpp"
#include "cgroupfs/reclaimer_v2.hpp"
#include "cgroupfs/slice.hpp"
#include "cgroupfs/swappiness_guard.hpp"
#include "cgroupfs/swappiness_journal.hpp"

namespace cmm {
namespace {

HierarchyError cannot_reclaim(const MemoryInterface& interface, const std::string& path,
                              std::error_code error) {
  if (error == std::errc::no_such_file_or_directory) {
    return {
        HierarchyFault::no_controller,
        fmt::format("{} does not exist: this kernel has no {} (cgroup v2 needs Linux 5.19 or newer), or the "
                    "memory controller isn't enabled here (see cgroup.subtree_control)",
                    path, interface.reclaim)};
  }
  const auto fault =
      end_of(error) == ReclaimEnd::denied ? HierarchyFault::no_permission : HierarchyFault::unreadable;
  return {fault, fmt::format("cannot open {} for writing: {}; run as root on a writable cgroup mount, or use "
                             "--dry-run",
                             path, error.message())};
}

ProbedReclaimer make_v1(const Hierarchy& hierarchy, const std::string& runtime_dir) {
  auto journal = SwappinessJournal::open(runtime_dir);
  if (!journal) {
    return {std::make_unique<ForceEmptyReclaimer>(nullptr),
            {.spares_anon = false, .why_not = journal.error().message()}};
  }
  restore_orphans(**journal, hierarchy.mount);
  auto refused = (*journal)->refused();
  return {std::make_unique<ForceEmptyReclaimer>(std::move(*journal)),
          {.spares_anon = true, .why_not = {}, .refused_journals = std::move(refused)}};
}

ProbedReclaimer make_v2(int file) {
  if (takes_swappiness(file))
    return {std::make_unique<MemoryReclaimReclaimer>(true), {.spares_anon = true, .why_not = {}}};
  return {std::make_unique<MemoryReclaimReclaimer>(false),
          {.spares_anon = false, .why_not = "this kernel's memory.reclaim takes no swappiness="}};
}

}  // namespace

ReclaimAbility unprobed_ability(CgroupVersion version) {
  if (version == CgroupVersion::v1) return {.spares_anon = true, .why_not = {}};
  return {.spares_anon = false,
          .why_not = "a dry run can't ask the kernel whether memory.reclaim takes swappiness="};
}

HierarchyResult<UniqueFd> open_for_reclaim(const Hierarchy& hierarchy, const std::vector<Parent>& parents) {
  const auto& interface = memory_interface(hierarchy.version);
  UniqueFd file;
  for (const auto& parent : parents) {
    const auto path = fmt::format("{}/{}/{}", hierarchy.mount, parent.path, interface.reclaim);
    auto opened = open_at(AT_FDCWD, path.c_str(), O_WRONLY);
    if (!opened) return tl::unexpected{cannot_reclaim(interface, path, opened.error())};
    file = std::move(*opened);
  }
  return file;
}

HierarchyResult<ProbedReclaimer> make_reclaimer(const Hierarchy& hierarchy,
                                                const std::vector<Parent>& parents,
                                                const std::string& runtime_dir) {
  const auto file = open_for_reclaim(hierarchy, parents);
  if (!file) return tl::unexpected{file.error()};
  return hierarchy.version == CgroupVersion::v1 ? make_v1(hierarchy, runtime_dir) : make_v2(file->get());
}

}  // namespace cmm
