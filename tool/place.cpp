// SPDX-License-Identifier: Apache-2.0
#include "tool/place.hpp"

#include <fmt/format.h>

#include "cgroupfs/cgroup_path.hpp"
#include "cgroupfs/make_cgroup.hpp"
#include "config/quantity.hpp"
#include "config/text.hpp"
#include "tool/failure.hpp"

namespace cmm::tool {

Hierarchy memory_hierarchy() { return value_of(find_memory_hierarchy()); }

std::optional<Hierarchy> cpu_hierarchy() {
  auto found = find_hierarchy("cpu");
  return found ? std::optional{*std::move(found)} : std::nullopt;
}

std::optional<std::string> mount_of_other_half(const std::string& mount, const std::string& path) {
  const auto cpu = cpu_hierarchy();
  if (!cpu || cpu->mount == mount || !cgroup_exists(cpu->mount, path)) return std::nullopt;
  return cpu->mount;
}

std::string new_path(const Hierarchy& hierarchy, const std::string& given) {
  auto path = resolve_cgroup_path(hierarchy.mount, given);
  if (!path) throw usage(fmt::format("cgroup {}: {}", in_quotes(given), path.error()));
  return *std::move(path);
}

std::string existing_path(const Hierarchy& hierarchy, const std::string& given) {
  auto path = new_path(hierarchy, given);
  if (!cgroup_exists(hierarchy.mount, path)) {
    throw Failure{ExitCode::unavailable,
                  fmt::format("cgroup '{0}' does not exist below {1}; make it with: cgroup-tool create {0}",
                              printable(path), hierarchy.mount)};
  }
  return path;
}

Limit parse_limit_argument(const std::string& what, const std::string& text) {
  if (text == "max") return Limit::max();
  const auto bytes = parse_bytes(text);
  if (!bytes) throw usage(fmt::format("{}: {}, or max for no limit", what, bytes.error()));
  return Limit{*bytes};
}

Duration parse_duration_argument(const std::string& what, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) throw usage(fmt::format("{}: {}", what, duration.error()));
  return *duration;
}

Bytes parse_size_argument(const std::string& what, const std::string& text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) throw usage(fmt::format("{}: {}", what, bytes.error()));
  return *bytes;
}

}  // namespace cmm::tool
