// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/hierarchy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/parse.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

namespace fs = std::filesystem;

constexpr std::array kDefaultParents{"kubepods.slice", "kubepods", "docker", "machine.slice", "system.slice"};

bool owns_v1(const Mount& mount, const std::string& controller) {
  return mount.type == "cgroup" && contains_word(mount.super_options, ',', controller);
}

bool owns_v2(const Mount& mount, const std::string& mount_point, const std::string& controller) {
  if (mount.type != "cgroup2") return false;
  const auto controllers = read_file(mount_point + "/cgroup.controllers");
  return controllers && contains_word(*controllers, ' ', controller);
}

tl::unexpected<HierarchyError> fault(HierarchyFault fault, std::string message) {
  return tl::unexpected{HierarchyError{fault, std::move(message)}};
}

/// What the file system at `path` is, in words; for the message that says why it can't be a parent.
tl::unexpected<HierarchyError> wrong_file_system(const Hierarchy& hierarchy, const std::string& path) {
  struct statfs file_system {};
  const bool known = ::statfs(path.c_str(), &file_system) == 0;
  const auto magic = static_cast<unsigned long>(file_system.f_type);
  if (known && (magic == CGROUP_SUPER_MAGIC || magic == CGROUP2_SUPER_MAGIC)) {
    return fault(
        HierarchyFault::other_controller,
        fmt::format("{} is a cgroup of a hierarchy without the memory controller; the memory hierarchy "
                    "is mounted at {}",
                    path, hierarchy.mount));
  }
  return fault(
      HierarchyFault::not_a_cgroup,
      fmt::format("{} is not on a cgroup file system; give a cgroup below {}", path, hierarchy.mount));
}

tl::unexpected<HierarchyError> cannot_stat(const std::string& path) {
  const auto code = last_error();
  if (code == std::errc::permission_denied) {
    return fault(HierarchyFault::no_permission, fmt::format("cannot look at {}: {}", path, code.message()));
  }
  return fault(HierarchyFault::missing, fmt::format("{} does not exist", path));
}

}  // namespace

HierarchyResult<Hierarchy> find_hierarchy(const std::string& controller, const std::string& root) {
  const auto text = read_file(below(root, "/proc/self/mountinfo"));
  if (!text) return fault(HierarchyFault::unreadable, text.error().message());
  for (const auto& mount : parse_mountinfo(*text)) {
    const auto mount_point = below(root, mount.mount_point);
    if (owns_v1(mount, controller)) return Hierarchy{CgroupVersion::v1, mount_point};
    if (owns_v2(mount, mount_point, controller)) return Hierarchy{CgroupVersion::v2, mount_point};
  }
  return fault(
      HierarchyFault::no_controller,
      fmt::format("no mounted cgroup hierarchy owns the {0} controller; mount cgroup2, or boot without "
                  "cgroup_disable={0}",
                  controller));
}

HierarchyResult<Hierarchy> find_memory_hierarchy(const std::string& root) {
  return find_hierarchy("memory", root);
}

HierarchyResult<Parent> find_parent(const Hierarchy& hierarchy, const std::string& given) {
  const auto path = given.starts_with('/') ? given : hierarchy.mount + "/" + given;
  struct stat dir {};
  if (::stat(path.c_str(), &dir) != 0) return cannot_stat(path);
  if (!S_ISDIR(dir.st_mode)) {
    return fault(HierarchyFault::not_a_cgroup, fmt::format("{} is a file, not a cgroup directory", path));
  }
  struct stat mount {};
  if (::stat(hierarchy.mount.c_str(), &mount) != 0) return cannot_stat(hierarchy.mount);
  if (dir.st_dev != mount.st_dev) return wrong_file_system(hierarchy, path);
  if (dir.st_ino == mount.st_ino) {
    return fault(
        HierarchyFault::is_root,
        fmt::format("{} is the root of the hierarchy, which can't be watched as a whole; give a cgroup "
                    "below it, as system.slice",
                    path));
  }
  std::error_code code;
  const auto real = fs::canonical(path, code);
  const auto real_mount = fs::canonical(hierarchy.mount, code);
  const auto relative = real.lexically_relative(real_mount).string();
  if (relative.empty() || relative == ".." || relative.starts_with("../")) {
    return fault(HierarchyFault::not_a_cgroup,
                 fmt::format("{} does not lie below {}, where the memory hierarchy is mounted", path,
                             hierarchy.mount));
  }
  return Parent{relative};
}

HierarchyResult<Parent> find_default_parent(const Hierarchy& hierarchy) {
  for (const auto* name : kDefaultParents) {
    if (auto parent = find_parent(hierarchy, name)) return parent;
  }
  return fault(HierarchyFault::missing,
               fmt::format("none of {} exists below {}; name the cgroup to watch with --parent",
                           fmt::join(kDefaultParents, ", "), hierarchy.mount));
}

std::vector<Parent> without_nested(std::vector<Parent> parents) {
  std::sort(parents.begin(), parents.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  std::vector<Parent> outermost;
  for (auto& parent : parents) {
    const bool nested = std::any_of(outermost.begin(), outermost.end(), [&](const Parent& outer) {
      return parent.path == outer.path || parent.path.starts_with(outer.path + "/");
    });
    if (!nested) outermost.push_back(std::move(parent));
  }
  return outermost;
}

}  // namespace cmm
