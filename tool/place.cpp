// SPDX-License-Identifier: Apache-2.0
#include "tool/place.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

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

std::string memory_path(const Hierarchy& hierarchy, const std::string& given) {
  auto path = existing_path(hierarchy, given);
  const auto directory = hierarchy.mount + "/" + path;
  const auto* usage = memory_interface(hierarchy.version).usage;
  if (::access((directory + "/" + usage).c_str(), F_OK) == 0 || errno != ENOENT) return path;
  if (!cgroup_exists(hierarchy.mount, path)) return existing_path(hierarchy, given);
  throw Failure{ExitCode::unavailable,
                fmt::format("the memory controller isn't enabled in cgroup '{}'; write +memory to "
                            "{}/cgroup.subtree_control",
                            path, directory.substr(0, directory.rfind('/')))};
}

std::vector<std::string> make_path(const Hierarchy& hierarchy, const std::string& path,
                                   const std::vector<std::string>& controllers) {
  auto made = make_cgroup(hierarchy, path, controllers);
  if (!made && made.error().code == std::errc::not_enough_memory) {
    throw failure(made.error(),
                  "a cgroup's own memory is charged to its parent: raise the limit there, or free something");
  }
  return value_of(std::move(made));
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
  // By five levels of page tables. The arithmetic of a load has room above it.
  constexpr Bytes kAddressable{std::uint64_t{1} << 56U};
  const auto bytes = parse_bytes(text);
  if (!bytes) throw usage(fmt::format("{}: {}", what, bytes.error()));
  if (*bytes > kAddressable) {
    throw usage(fmt::format("{}: {}: more than a process can address; accepted: up to {}", what,
                            in_quotes(text), human(kAddressable)));
  }
  return *bytes;
}

}  // namespace cmm::tool
