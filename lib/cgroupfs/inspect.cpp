// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/inspect.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cgroupfs/cgroup_files.hpp"
#include "cgroupfs/container_name.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/node_memory.hpp"
#include "cgroupfs/parse.hpp"

namespace cmm {
namespace {

/// Where each version keeps what is shown to people only. Keys of memory.stat where there is no file.
struct Sources {
  const char* peak;
  const char* events;
  const char* mapped_key;
};
constexpr Sources kSourcesV1{"memory.max_usage_in_bytes", "memory.oom_control", "total_mapped_file"};
constexpr Sources kSourcesV2{"memory.peak", "memory.events", "file_mapped"};

/// No file, no limit: the root has none, nor has a cgroup whose parent doesn't enable the controller. One
/// that makes no sense is an error, as it could be any limit.
Io<Limit> read_limit(ControlFileReader& reader, int dir, const char* file) {
  const auto text = reader.read_at(dir, file);
  if (!text && is_gone(text.error())) return Limit::max();
  if (!text) return tl::unexpected{text.error()};
  const auto limit = parse_set_limit(*text);
  if (!limit) return tl::unexpected{std::make_error_code(std::errc::bad_message)};
  return *limit;
}

/// The files of one open cgroup.
class OpenCgroup {
 public:
  OpenCgroup(const Hierarchy& hierarchy, const std::string& path, UniqueFd dir)
      : interface_(memory_interface(hierarchy.version)),
        sources_(hierarchy.version == CgroupVersion::v1 ? kSourcesV1 : kSourcesV2),
        mount_(hierarchy.mount),
        path_(path),
        dir_(std::move(dir)) {}

  Result<Inspection> inspect() {
    Inspection seen;
    const auto usage = number(interface_.usage);
    if (!usage) return tl::unexpected{usage.error()};
    seen.usage = *usage;
    if (const auto error = read_stat(seen)) return tl::unexpected{*error};
    seen.peak = optional_bytes(sources_.peak);
    const auto hard = read_limit(reader_, dir_.get(), interface_.limit);
    if (!hard) return tl::unexpected{failure(hard.error(), interface_.limit)};
    seen.memory_max = *hard;
    if (interface_.high != nullptr) seen.memory_high = limit(interface_.high);
    read_swap(seen);
    read_pressure(seen.pressure);
    read_events(seen.events);
    return seen;
  }

 private:
  [[nodiscard]] Error failure(std::error_code code, const char* file) const {
    return {code, "read", mount_ + "/" + path_ + "/" + file};
  }

  std::optional<std::string> text(const char* file) {
    const auto content = reader_.read_at(dir_.get(), file);
    if (!content) return std::nullopt;
    return std::string{*content};
  }

  Result<Bytes> number(const char* file) {
    const auto content = reader_.read_at(dir_.get(), file);
    if (!content) return tl::unexpected{failure(content.error(), file)};
    const auto value = parse_number(*content);
    if (!value) return tl::unexpected{failure(std::make_error_code(std::errc::bad_message), file)};
    return Bytes{*value};
  }

  std::optional<Bytes> optional_bytes(const char* file) {
    const auto value = number(file);
    return value ? std::optional{*value} : std::nullopt;
  }

  std::optional<Limit> limit(const char* file) {
    const auto content = text(file);
    return content ? parse_set_limit(*content) : std::nullopt;
  }

  std::optional<Error> read_stat(Inspection& seen) {
    const auto content = reader_.read_at(dir_.get(), interface_.stat);
    if (!content) return failure(content.error(), interface_.stat);
    const auto stat = parse_memory_stat(*content, interface_.stat_keys);
    const auto reclaimable = stat ? interface_.reclaimable(*stat) : std::nullopt;
    if (!reclaimable) return failure(std::make_error_code(std::errc::bad_message), interface_.stat);
    seen.stat = *stat;
    seen.reclaimable = *reclaimable;
    seen.refaults = find_refaults(*content, interface_);
    if (const auto mapped = find_value(*content, sources_.mapped_key)) seen.mapped = Bytes{*mapped};
    if (const auto swap = find_value(*content, "total_swap")) seen.swap = Bytes{*swap};
    return std::nullopt;
  }

  // v1 limits swap only together with memory.
  void read_swap(Inspection& seen) {
    if (interface_.version == CgroupVersion::v2) {
      seen.swap = optional_bytes("memory.swap.current");
      seen.swap_max = limit("memory.swap.max");
      return;
    }
    const auto both_max = limit("memory.memsw.limit_in_bytes");
    if (both_max && (both_max->is_max() || !seen.memory_max.is_max())) {
      seen.swap_max =
          both_max->is_max() ? Limit::max() : Limit{both_max->value_or({}) - seen.memory_max.value_or({})};
    }
  }

  void read_pressure(PressureStall& pressure) {
    pressure.of_node = interface_.pressure == nullptr;
    const auto content = pressure.of_node ? reader_.read_at(AT_FDCWD, "/proc/pressure/memory")
                                          : reader_.read_at(dir_.get(), interface_.pressure);
    if (!content) return;
    pressure.some = parse_pressure(*content);
    const auto second = content->find('\n');
    if (second != std::string_view::npos) {
      pressure.full = parse_pressure(content->substr(second + 1), "full");
    }
  }

  // Each cgroup of v1 counts by itself, each of v2 also what happened below it.
  void read_events(MemoryEvents& events) {
    if (interface_.version == CgroupVersion::v1) {
      const auto tree = list_cgroup_tree(mount_, path_);
      if (!tree) return;
      for (const auto& each : *tree) add_events_v1(mount_ + "/" + each + "/", events);
      return;
    }
    const auto content = text(sources_.events);
    if (!content) return;
    events.oom_kill = find_value(*content, "oom_kill");
    events.high = find_value(*content, "high");
    events.max = find_value(*content, "max");
    events.oom = find_value(*content, "oom");
  }

  void add_events_v1(const std::string& directory, MemoryEvents& events) {
    const auto add = [](std::optional<std::uint64_t>& sum, std::optional<std::uint64_t> count) {
      if (count) sum = sum.value_or(0) + *count;
    };
    const auto read = [&](const char* file) {
      return reader_.read_at(AT_FDCWD, (directory + file).c_str()).value_or(std::string_view{});
    };
    add(events.oom_kill, find_value(read(sources_.events), "oom_kill"));
    // Without room for swap it is the second one that is passed.
    for (const auto* file : {"memory.failcnt", "memory.memsw.failcnt"}) {
      add(events.max, parse_number(read(file)));
    }
  }

  const MemoryInterface& interface_;
  const Sources& sources_;
  std::string mount_;
  std::string path_;
  UniqueFd dir_;
  ControlFileReader reader_;
};

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

}  // namespace

Result<EffectiveLimit> find_effective_limit(const Hierarchy& hierarchy, const std::string& path) {
  const auto node = read_node_memory();
  if (!node) return tl::unexpected{node.error()};
  const auto& interface = memory_interface(hierarchy.version);
  EffectiveLimit tightest{.bytes = node->total, .cgroup = {}, .file = {}};
  ControlFileReader reader;
  const auto is_container = !container_id(path.substr(path.rfind('/') + 1)).empty();
  const auto lowest = is_container ? path + "/" + container_payload : path;
  for (auto each = lowest; !each.empty(); each = parent_of(each)) {
    for (const auto* file : std::array{interface.limit, interface.high}) {
      if (file == nullptr) continue;
      const auto place = fmt::format("{}/{}/{}", hierarchy.mount, each, file);
      const auto limit = read_limit(reader, AT_FDCWD, place.c_str());
      if (!limit) return tl::unexpected{Error{limit.error(), "read", place}};
      if (limit->value_or(tightest.bytes) < tightest.bytes) {
        tightest = {.bytes = limit->value_or({}), .cgroup = each, .file = file};
      }
    }
  }
  return tightest;
}

Result<Inspection> inspect(const Hierarchy& hierarchy, const std::string& path) {
  const auto directory = hierarchy.mount + "/" + path;
  auto dir = open_at(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY);
  if (!dir) return tl::unexpected{Error{dir.error(), "open", directory}};
  auto seen = OpenCgroup{hierarchy, path, std::move(*dir)}.inspect();
  if (!seen) return seen;
  auto limit = find_effective_limit(hierarchy, path);
  if (!limit) return tl::unexpected{limit.error()};
  seen->path = path;
  seen->effective_limit = *std::move(limit);
  return seen;
}

}  // namespace cmm
