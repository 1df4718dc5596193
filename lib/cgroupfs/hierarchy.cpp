// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/hierarchy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glob.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <optional>

#include "base/error.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/parse.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

namespace fs = std::filesystem;

/// kubepods of the systemd and of the cgroupfs driver; kind puts a "kubelet" above.
constexpr std::array kKubernetesParents{"kubepods.slice", "kubepods", "kubelet.slice/kubelet-kubepods.slice",
                                        "kubelet/kubepods"};
/// Containers that are nodes themselves, as minikube's, where the machine's whole hierarchy is seen.
constexpr std::array kNodeContainers{"docker/*", "system.slice/docker-*.scope",
                                     "machine.slice/libpod-*.scope"};
constexpr std::array kOtherParents{"docker", "machine.slice", "system.slice"};

struct GlobResult {
  glob_t found{};
  ~GlobResult() { ::globfree(&found); }
};

std::vector<Parent> existing_parents(const Hierarchy& hierarchy, const std::string& pattern) {
  GlobResult result;
  const auto absolute = hierarchy.mount + "/" + pattern;
  if (::glob(absolute.c_str(), GLOB_ONLYDIR, nullptr, &result.found) != 0) return {};
  std::vector<Parent> parents;
  for (std::size_t i = 0; i < result.found.gl_pathc; ++i) {
    if (auto parent = find_parent(hierarchy, result.found.gl_pathv[i])) parents.push_back(*std::move(parent));
  }
  return parents;
}

std::vector<Parent> nested_kubernetes_parents(const Hierarchy& hierarchy) {
  std::vector<Parent> parents;
  for (const auto* node : kNodeContainers) {
    for (const auto* name : kKubernetesParents) {
      std::ranges::move(existing_parents(hierarchy, fmt::format("{}/{}", node, name)),
                        std::back_inserter(parents));
    }
  }
  return parents;
}

std::string without_slashes_at_end(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool lies_in(const std::string& path, const std::string& folder) {
  return folder.empty() || path == folder || path.starts_with(folder == "/" ? folder : folder + "/");
}

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

HierarchyFault fault_of(std::error_code code) {
  if (code == std::errc::permission_denied) return HierarchyFault::no_permission;
  const bool is_of_the_path =
      code == std::errc::too_many_symbolic_link_levels || code == std::errc::filename_too_long;
  return is_of_the_path ? HierarchyFault::not_a_cgroup : HierarchyFault::unreadable;
}

tl::unexpected<HierarchyError> cannot_stat(const Hierarchy& hierarchy, const std::string& path) {
  const auto code = last_error();
  if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) {
    return fault(HierarchyFault::missing,
                 fmt::format("{} does not exist; give a cgroup below {}", path, hierarchy.mount));
  }
  // What is too long for the kernel is too long for a line, too.
  constexpr std::size_t kShown = 200;
  return fault(fault_of(code), fmt::format("cannot look at {}{}: {}", path.substr(0, kShown),
                                           path.size() > kShown ? "…" : "", code.message()));
}

std::string absolute(const Hierarchy& hierarchy, const std::string& given) {
  return given.starts_with('/') ? given : hierarchy.mount + "/" + given;
}

/// Where `path` is below the mount, symbolic links followed as far as they exist.
HierarchyResult<Parent> below_mount(const Hierarchy& hierarchy, const std::string& path) {
  std::error_code code;
  const auto real = fs::weakly_canonical(path, code);
  if (code) return fault(fault_of(code), fmt::format("cannot look at {}: {}", path, code.message()));
  const auto real_mount = fs::canonical(hierarchy.mount, code);
  if (code)
    return fault(fault_of(code), fmt::format("cannot look at {}: {}", hierarchy.mount, code.message()));
  const auto relative = without_slashes_at_end(real.lexically_relative(real_mount).string());
  if (relative.empty() || relative == "." || relative == ".." || relative.starts_with("../")) {
    return fault(HierarchyFault::not_a_cgroup,
                 fmt::format("{} does not lie below {}, where the memory hierarchy is mounted", path,
                             hierarchy.mount));
  }
  return Parent{relative};
}

}  // namespace

HierarchyResult<Hierarchy> find_hierarchy(const std::string& controller, const std::string& root,
                                          const std::string& cgroup_root) {
  const auto text = read_file(below(root, "/proc/self/mountinfo"));
  if (!text) return fault(HierarchyFault::unreadable, text.error().message());
  const auto folder = without_slashes_at_end(cgroup_root);
  for (const auto& mount : parse_mountinfo(*text)) {
    if (!lies_in(mount.mount_point, folder)) continue;
    const auto mount_point = below(root, mount.mount_point);
    if (owns_v1(mount, controller)) return Hierarchy{CgroupVersion::v1, mount_point};
    if (owns_v2(mount, mount_point, controller)) return Hierarchy{CgroupVersion::v2, mount_point};
  }
  if (!folder.empty()) {
    return fault(HierarchyFault::no_controller,
                 fmt::format("no cgroup hierarchy that owns the {} controller is mounted at or below {} "
                             "(cgroup_root); mount the host's /sys/fs/cgroup there",
                             controller, cgroup_root));
  }
  return fault(
      HierarchyFault::no_controller,
      fmt::format("no mounted cgroup hierarchy owns the {0} controller; mount cgroup2, or boot without "
                  "cgroup_disable={0}",
                  controller));
}

HierarchyResult<Hierarchy> find_memory_hierarchy(const std::string& root, const std::string& cgroup_root) {
  return find_hierarchy("memory", root, cgroup_root);
}

HierarchyResult<Parent> find_parent(const Hierarchy& hierarchy, const std::string& given) {
  const auto path = absolute(hierarchy, given);
  // The kernel would read up to there, and find another cgroup than was named.
  if (path.find('\0') != std::string::npos) {
    return fault(HierarchyFault::not_a_cgroup, path + " has a NUL byte in it, as no cgroup's path has");
  }
  struct stat dir {};
  if (::stat(path.c_str(), &dir) != 0) return cannot_stat(hierarchy, path);
  if (!S_ISDIR(dir.st_mode)) {
    return fault(HierarchyFault::not_a_cgroup,
                 fmt::format("{} is a file; give a cgroup below {}", path, hierarchy.mount));
  }
  struct stat mount {};
  if (::stat(hierarchy.mount.c_str(), &mount) != 0) return cannot_stat(hierarchy, hierarchy.mount);
  if (dir.st_dev != mount.st_dev) return wrong_file_system(hierarchy, path);
  if (dir.st_ino == mount.st_ino) {
    return fault(
        HierarchyFault::is_root,
        fmt::format("{} is the root of the hierarchy, which can't be watched as a whole; give a cgroup "
                    "below it, as system.slice",
                    path));
  }
  return below_mount(hierarchy, path);
}

HierarchyResult<AwaitedParent> find_awaited_parent(const Hierarchy& hierarchy, const std::string& given) {
  auto found = find_parent(hierarchy, given);
  const bool exists = found || found.error().fault != HierarchyFault::missing;
  if (!exists) found = below_mount(hierarchy, absolute(hierarchy, given));
  return found.map([&](Parent& parent) { return AwaitedParent{std::move(parent), exists}; });
}

HierarchyResult<std::vector<Parent>> find_default_parents(const Hierarchy& hierarchy) {
  for (const auto* name : kKubernetesParents) {
    if (auto parent = find_parent(hierarchy, name)) return std::vector{*std::move(parent)};
  }
  if (auto nested = nested_kubernetes_parents(hierarchy); !nested.empty()) return nested;
  for (const auto* name : kOtherParents) {
    if (auto parent = find_parent(hierarchy, name)) return std::vector{*std::move(parent)};
  }
  return fault(
      HierarchyFault::missing,
      fmt::format("none of {}, {} exists below {}; name the cgroup to watch with --parent",
                  fmt::join(kKubernetesParents, ", "), fmt::join(kOtherParents, ", "), hierarchy.mount));
}

std::vector<Parent> without_nested(std::vector<Parent> parents) {
  std::sort(parents.begin(), parents.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  std::vector<Parent> outermost;
  for (auto& parent : parents) {
    const bool nested = std::any_of(outermost.begin(), outermost.end(),
                                    [&](const Parent& outer) { return lies_in(parent.path, outer.path); });
    if (!nested) outermost.push_back(std::move(parent));
  }
  return outermost;
}

}  // namespace cmm
