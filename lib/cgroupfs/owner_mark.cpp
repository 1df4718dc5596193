// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/owner_mark.hpp"

#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>

#include "cgroupfs/directory.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

// user.* is for everybody, but only newer kernels take it on a cgroup; trusted.* needs CAP_SYS_ADMIN.
constexpr std::array kAttributes{"user.cgroup-tool", "trusted.cgroup-tool"};

// Behind the identity in the mark of a parent.
constexpr std::string_view kParent = " parent";

/// "pid:[4026531836]": a pid says something in its own namespace only.
std::string pid_namespace() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

/// "PID START" of a process by its name in /proc, where START is its start in clock ticks since boot: a pid
/// is used again, both together aren't. Empty where there is no such process.
std::string identity(const std::string& process) {
  const auto stat = read_file("/proc/" + process + "/stat");
  if (!stat) return {};
  // The name, field 2, stands in parentheses and may have blanks and parentheses in it; START is field 22.
  auto at = stat->rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return {};
  return stat->substr(0, stat->find(' ')) + stat->substr(at, stat->find(' ', at + 1) - at);
}

std::optional<std::string> read_mark(const std::string& directory) {
  std::array<char, 128> value{};
  for (const auto* name : kAttributes) {
    const auto size = ::getxattr(directory.c_str(), name, value.data(), value.size());
    if (size > 0) return std::string{value.data(), static_cast<std::size_t>(size)};
  }
  return std::nullopt;
}

/// Nothing where whoever made it lives, or where that can't be seen from here.
std::optional<MadeAs> made_by_a_dead_one(std::string_view mark) {
  const auto made_as = mark.ends_with(kParent) ? MadeAs::parent : MadeAs::own;
  if (made_as == MadeAs::parent) mark.remove_suffix(kParent.size());
  const auto there = " " + pid_namespace();
  if (!mark.ends_with(there)) return std::nullopt;
  mark.remove_suffix(there.size());
  if (identity(std::string{mark.substr(0, mark.find(' '))}) == mark) return std::nullopt;
  return made_as;
}

}  // namespace

Result<void> mark_as_made(const std::string& mount, const std::string& path, MadeAs made_as) {
  const auto directory = mount + "/" + path;
  auto value = identity("self") + " " + pid_namespace();
  if (made_as == MadeAs::parent) value += kParent;
  for (const auto* name : kAttributes) {
    if (::setxattr(directory.c_str(), name, value.data(), value.size(), 0) == 0) return {};
  }
  return tl::unexpected{errno_error("set an attribute of", directory)};
}

void unmark(const std::string& mount, const std::string& path) {
  const auto directory = mount + "/" + path;
  for (const auto* name : kAttributes) ::removexattr(directory.c_str(), name);
}

Result<std::vector<StaleCgroup>> find_stale(const std::string& mount) {
  const auto tree = list_cgroup_tree(mount, "");
  if (!tree) return tl::unexpected{Error{tree.error(), "list", mount}};
  std::vector<StaleCgroup> stale;
  for (auto path = tree->rbegin(); path != tree->rend(); ++path) {
    const auto mark = read_mark(mount + "/" + *path);
    const auto made_as = mark ? made_by_a_dead_one(*mark) : std::nullopt;
    if (made_as) stale.push_back({*path, *made_as});
  }
  return stale;
}

}  // namespace cmm
