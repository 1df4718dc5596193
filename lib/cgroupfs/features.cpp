// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/features.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "cgroupfs/cgroup_files.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/pressure.hpp"
#include "cgroupfs/reclaimer_v2.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

bool has(const UniqueFd& dir, const char* file) { return ::faccessat(dir.get(), file, F_OK, 0) == 0; }

/// A cgroup to ask: one with all the files of the controller, or else the root.
UniqueFd open_some_cgroup(const std::string& mount, const char* limit) {
  auto root = open_at(AT_FDCWD, mount.c_str(), O_PATH | O_DIRECTORY);
  if (!root) return {};
  const auto children = list_child_cgroups(root->get()).value_or(std::vector<DirectoryEntry>{});
  for (const auto& each : children) {
    auto child = open_at(root->get(), each.name.c_str(), O_PATH | O_DIRECTORY);
    if (child && has(*child, limit)) return std::move(*child);
  }
  return std::move(*root);
}

Io<UniqueFd> open_directory(const Hierarchy& hierarchy, const std::string& cgroup) {
  return open_at(AT_FDCWD, (hierarchy.mount + "/" + cgroup).c_str(), O_PATH | O_DIRECTORY);
}

// Bit 0 of the mask is the main switch; Documentation/admin-guide/mm/multigen_lru.rst.
std::optional<bool> uses_mglru() {
  const auto mask = read_file("/sys/kernel/mm/lru_gen/enabled");
  if (!mask) return std::nullopt;
  const auto last = mask->find_last_not_of('\n');
  constexpr std::string_view kOdd = "13579bdf";
  return last != std::string::npos && kOdd.find((*mask)[last]) != std::string_view::npos;
}

}  // namespace

KernelFeatures probe_features(const Hierarchy& hierarchy) {
  const auto& interface = memory_interface(hierarchy.version);
  const bool is_v2 = hierarchy.version == CgroupVersion::v2;
  const auto dir = open_some_cgroup(hierarchy.mount, interface.limit);
  KernelFeatures features;
  if (!dir) return features;
  const bool can_say_no = has(dir, interface.limit);
  const auto answer = [&](bool yes) { return yes || can_say_no ? std::optional{yes} : std::nullopt; };
  features.reclaim = answer(has(dir, interface.reclaim));
  if (is_v2) {
    const auto file = open_at(dir.get(), interface.reclaim, O_WRONLY);
    if (file) features.swappiness_argument = takes_swappiness(file->get());
  }
  ControlFileReader reader;
  const auto measures = [&](const MemoryInterface& of) {
    return read_pressure(reader, of, dir.get(), hierarchy.mount).value_or(std::nullopt).has_value();
  };
  features.pressure = measures(memory_interface(CgroupVersion::v1));
  features.pressure_by_cgroup = answer(is_v2 && measures(interface));
  features.swap_by_cgroup = answer(has(dir, is_v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes"));
  features.mglru = uses_mglru();
  return features;
}

bool measures_pressure(const Hierarchy& hierarchy, const std::string& cgroup, const std::string& root) {
  const auto dir = open_directory(hierarchy, cgroup);
  if (!dir) return false;
  ControlFileReader reader;
  const auto measures = [&](CgroupVersion version) {
    const auto pressure = read_pressure(reader, memory_interface(version), dir->get(), cgroup, root);
    return !pressure || pressure->has_value();  // what can't be read may be there
  };
  // What v1 has instead is the node's.
  return measures(hierarchy.version) || measures(CgroupVersion::v1);
}

bool counts_refaults(const Hierarchy& hierarchy, const std::string& cgroup) {
  const auto& interface = memory_interface(hierarchy.version);
  const auto dir = open_directory(hierarchy, cgroup);
  if (!dir) return false;
  ControlFileReader reader;
  const auto stat = reader.read_at(dir->get(), interface.stat);
  return stat && find_refaults(*stat, interface);
}

}  // namespace cmm
