// SPDX-License-Identifier: Apache-2.0
#include "tool/removal.hpp"

#include <utility>

#include "cgroupfs/make_cgroup.hpp"
#include "tool/failure.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

/// The same path in the hierarchy of the cpu controller, where that is another one and cpu-max came by
/// meanwhile.
void remove_other_half(const std::string& mount, const std::string& path) {
  // What is still in use there was not made for this.
  if (const auto other = mount_of_other_half(mount, path)) static_cast<void>(remove_cgroup(*other, path));
}

}  // namespace

std::vector<Process> remove_with_all_in_it(const std::string& mount, const std::string& path) {
  if (!cgroup_exists(mount, path)) return {};
  auto killed = value_of(kill_processes(mount, path));
  if (const auto tree = remove_cgroup_tree(mount, path); tree.error) throw failure(*tree.error);
  remove_other_half(mount, path);
  return killed;
}

bool remove_unless_used(const std::string& mount, const std::string& path) {
  if (!cgroup_exists(mount, path)) return true;
  auto removed = remove_cgroup(mount, path);
  if (!removed && removed.error().code == std::errc::device_or_resource_busy) return false;
  value_of(std::move(removed));
  remove_other_half(mount, path);
  return true;
}

}  // namespace cmm::tool
