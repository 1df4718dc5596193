// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/sampler.hpp"

#include <fcntl.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "cgroupfs/container_name.hpp"
#include "cgroupfs/pressure.hpp"

namespace cmm {
namespace {

const std::error_code kNonsense = std::make_error_code(std::errc::bad_message);

// Set on a cgroup's directory, this keeps the daemon off it: setfattr -n user.cgroup-memory-manager -v ignore
// DIR
constexpr const char* kAttribute = "user.cgroup-memory-manager";
constexpr std::string_view kIgnore = "ignore";

// The directory is open for lookups only, which the kernel doesn't take for attributes; its name in /proc is
// good.
Io<bool> has_opted_out(int dir) {
  std::array<char, 16> value{};
  const auto path = "/proc/self/fd/" + std::to_string(dir);
  const auto size = ::getxattr(path.c_str(), kAttribute, value.data(), value.size());
  if (size >= 0) return std::string_view{value.data(), static_cast<std::size_t>(size)} == kIgnore;
  // No such attribute; a kernel that takes none of users (before Linux 5.7); or a longer value than ours.
  if (errno == ENODATA || errno == ENOTSUP || errno == ERANGE) return false;
  return tl::unexpected{last_error()};
}

}  // namespace

Sampler::Sampler(const Hierarchy& hierarchy, std::string root)
    : mount_(hierarchy.mount), root_(std::move(root)), interface_(memory_interface(hierarchy.version)) {}

std::error_code Sampler::open_directory(const Branch& branch, Target& target) {
  if (target.dir) return {};
  auto dir = open_cgroup(branch.dir.get(), target.name(), target.cgroup->id);
  if (!dir) return dir.error();
  target.dir = std::move(*dir);
  if (!is_no_leaf(target)) return {};
  // As a target it is gone; the tree will find it again as a branch.
  target.gone = true;
  return std::make_error_code(std::errc::no_such_file_or_directory);
}

// A missing file means a removed cgroup only where the name doesn't lead to the same cgroup any more.
Error Sampler::failure(Target& target, const Branch& branch, std::error_code code, const char* file) {
  if (code == std::errc::no_such_device) target.gone = true;
  const bool missing = code == std::errc::no_such_file_or_directory;
  if (missing && !target.gone) {
    target.gone = !open_cgroup(branch.dir.get(), target.name(), target.cgroup->id);
  }
  release(target, false);
  target.usage.fd.reset();
  const auto* hint = missing ? " (is memory enabled in its parent's cgroup.subtree_control?)" : "";
  return {code, "read", mount_ + "/" + target.cgroup->path + "/" + file + hint};
}

Result<MemorySample> Sampler::read_usage(const Branch& branch, Target& target, Bytes node_total,
                                         bool is_turn) {
  if (const auto error = open_directory(branch, target)) {
    return tl::unexpected{failure(target, branch, error, "")};
  }
  const auto text = target.usage.read_line(reader_, target.dir.get(), interface_.usage);
  if (!text) return tl::unexpected{failure(target, branch, text.error(), interface_.usage)};
  const auto usage = parse_number(*text);
  if (!usage) return tl::unexpected{failure(target, branch, kNonsense, interface_.usage)};
  const auto look = is_turn && !target.stat.fd ? LimitLook::all : LimitLook::remember;
  auto limit = effective_limit(branch, target, node_total, {look, look});
  if (!limit) return tl::unexpected{std::move(limit.error())};
  return MemorySample{.usage = Bytes{*usage}, .effective_limit = *limit, .cache = {}, .guards = {}};
}

Result<Bytes> Sampler::effective_limit(const Branch& branch, Target& target, Bytes node_total, Looks looks) {
  const auto own = target.limits.read(reader_, interface_, target.dir.get(), looks.own);
  target.limits.close();  // read too seldom to be worth an open file
  if (!own) return tl::unexpected{failure(target, branch, own.error(), interface_.limit)};
  const auto payload = payload_limit(target, looks.payload);
  if (!payload) return tl::unexpected{failure(target, branch, payload.error(), container_payload)};
  const auto of_target = tighter(*own, *payload);
  return tighter(tighter(of_target, branch.effective_limit), Limit{node_total}).value_or(node_total);
}

// It may not be there, or go at any time, and limits nothing then: that the target has gone, its own files
// tell.
Io<Limit> Sampler::payload_limit(Target& target, LimitLook look) {
  if (!target.is_container) return Limit::max();
  if (!target.payload_limit || look == LimitLook::all) {
    auto limit = read_payload_limit(target.dir.get());
    if (!limit && !is_gone(limit.error())) return limit;
    target.payload_limit = limit.value_or(Limit::max());
  }
  return *target.payload_limit;
}

Io<Limit> Sampler::read_payload_limit(int container) {
  // Most containers have no children, and to count them costs less than to look for one that isn't there.
  if (!may_have_children(container)) return Limit::max();
  const auto dir = open_at(container, container_payload, O_PATH | O_DIRECTORY);
  if (!dir) return tl::unexpected{dir.error()};
  LimitFiles files;
  return files.read(reader_, interface_, dir->get(), LimitLook::all);
}

Result<MemorySample> Sampler::read_cache(const Branch& branch, Target& target, Bytes node_total, bool is_turn,
                                         MemorySample sample) {
  const auto stat = read_memory_stat(target.stat, reader_, interface_, target.dir.get());
  if (!stat) return tl::unexpected{failure(target, branch, stat.error(), interface_.stat)};
  const auto reclaimable = interface_.reclaimable(*stat);
  // Without the `file` key the droppable part is what is known of the cache.
  sample.cache = CacheSample{.cache = stat->file.value_or(*reclaimable), .reclaimable = *reclaimable};

  const auto look = is_turn ? LimitLook::all : LimitLook::remember;
  const auto limit = stat->hierarchical_limit;
  if (limit) target.limits.remember(Limit{*limit});
  auto effective = effective_limit(branch, target, node_total, {limit ? LimitLook::remember : look, look});
  if (!effective) return tl::unexpected{std::move(effective.error())};
  sample.effective_limit = *effective;
  return sample;
}

Result<Bytes> Sampler::read_limit(Branch& branch, Target& target, Bytes node_total) {
  // Where it has gone, the target's own files tell.
  if (rests_between_turns(branch)) {
    const auto own = branch.limits.read(reader_, interface_, branch.dir.get(), LimitLook::all);
    if (own) branch.effective_limit = tighter(branch.above, *own);
    if (!own && !is_gone(own.error())) {
      return tl::unexpected{Error{own.error(), "read the limits of", mount_ + "/" + branch.cgroup->path}};
    }
  }
  return effective_limit(branch, target, node_total, {LimitLook::all, LimitLook::all});
}

Result<GuardSample> Sampler::read_guards(const Branch& branch, Target& target, bool swap_matters) {
  GuardSample guards;
  const auto opted_out = has_opted_out(target.dir.get());
  if (!opted_out) return tl::unexpected{failure(target, branch, opted_out.error(), kAttribute)};
  guards.opted_out = *opted_out;
  const auto pressure =
      read_pressure(reader_, interface_, target.dir.get(), mount_ + "/" + target.cgroup->path, root_);
  if (!pressure) {
    target.gone = target.gone || is_gone(pressure.error().code);
    return tl::unexpected{pressure.error()};
  }
  guards.pressure = *pressure;
  if (!swap_matters) return guards;
  const auto swappable = may_swap(branch, target);
  if (!swappable) return tl::unexpected{swappable.error()};
  guards.swappable = *swappable;
  return guards;
}

Result<std::optional<Bytes>> Sampler::read_refaults(const Branch& branch, Target& target) {
  if (const auto error = open_directory(branch, target)) {
    return tl::unexpected{failure(target, branch, error, "")};
  }
  const auto text = target.stat.read_all(reader_, target.dir.get(), interface_.stat);
  if (!text) return tl::unexpected{failure(target, branch, text.error(), interface_.stat)};
  return find_refaults(*text, interface_);
}

Result<bool> Sampler::may_swap(const Branch& branch, Target& target) {
  constexpr const char* kSwapMax = "memory.swap.max";
  const auto text = reader_.read_at(target.dir.get(), kSwapMax);
  if (!text) {
    if (text.error() == std::errc::no_such_file_or_directory) return true;
    return tl::unexpected{failure(target, branch, text.error(), kSwapMax)};
  }
  return parse_limit(*text) != Limit{Bytes{}};
}

void Sampler::release(Target& target, bool over_threshold) {
  const auto& last_opened = target.stat.fd ? target.stat.fd : target.usage.fd ? target.usage.fd : target.dir;
  const bool scarce = target.gone || (last_opened && is_scarce(last_opened));
  if (scarce || !over_threshold) target.stat.fd.reset();
  if (!scarce) return;
  target.usage.fd.reset();
  target.dir.reset();
}

}  // namespace cmm
