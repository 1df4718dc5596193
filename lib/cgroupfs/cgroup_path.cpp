// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/cgroup_path.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace cmm {
namespace {

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto end = path.find('/');
    if (end != 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return parts;
}

std::string joined(const std::vector<std::string_view>& parts, std::size_t from) {
  return fmt::format("{}", fmt::join(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end(), "/"));
}

bool begins_with(const std::vector<std::string_view>& parts, std::size_t from,
                 const std::vector<std::string_view>& start) {
  return parts.size() - from >= start.size() &&
         std::equal(start.begin(), start.end(), parts.begin() + static_cast<std::ptrdiff_t>(from));
}

tl::unexpected<std::string> refuse(std::string why) { return tl::unexpected{std::move(why)}; }

}  // namespace

tl::expected<std::string, std::string> resolve_cgroup_path(std::string_view mount, std::string_view given) {
  const auto of_mount = components(mount);
  const auto parts = components(given);
  const bool absolute = given.starts_with('/');
  if (given.empty()) return refuse("the path is empty; name a cgroup, as my-app or parent/child");
  for (const auto part : parts) {
    if (part == "." || part == "..") return refuse("the path has . or .. in it; name the cgroup itself");
  }
  if (absolute && !begins_with(parts, 0, of_mount)) {
    return refuse(
        fmt::format("it does not lie below {}, where the hierarchy is mounted; name it relative to "
                    "that, as my-app or parent/child",
                    mount));
  }
  const auto from = absolute ? of_mount.size() : 0;
  if (parts.size() == from) return refuse("it is the root of the hierarchy; name a cgroup below it");
  if (begins_with(parts, from, of_mount)) {
    const auto meant = joined(parts, from + of_mount.size());
    return refuse(fmt::format("it has {} in it {}; did you mean {}?", mount,
                              absolute ? "twice" : "without the first slash",
                              meant.empty() ? "a cgroup below it" : meant));
  }
  return joined(parts, from);
}

}  // namespace cmm
