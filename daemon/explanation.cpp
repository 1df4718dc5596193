// SPDX-License-Identifier: Apache-2.0
#include "daemon/explanation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "cgroupfs/cgroup_path.hpp"
#include "cgroupfs/inspect.hpp"
#include "config/text.hpp"

namespace cmm {
namespace {

// Docker shows as much of an id; with less, hits would be by chance.
constexpr std::size_t kShortestId = 6;

std::string size(Bytes bytes) { return fmt::format("{} ({})", bytes.count(), human(bytes)); }
std::string counted(const std::optional<Bytes>& bytes) { return bytes ? human(*bytes) : "not counted"; }

tl::unexpected<StartupError> refuse(ExitCode code, std::string message) {
  return tl::unexpected{StartupError{code, std::move(message)}};
}

/// By the beginning of its container id, by NAMESPACE/POD or by NAMESPACE/POD/CONTAINER.
bool is_called(const StatusTarget& target, const std::string& subject) {
  if (subject.size() >= kShortestId && target.container_id.starts_with(subject)) return true;
  const auto name = full_name(target.names);
  return !name.empty() && (name == subject || name == subject + "/" + target.names.container);
}

std::string list_of(const std::vector<std::string>& parents) {
  std::vector<std::string> quoted;
  quoted.reserve(parents.size());
  for (const auto& parent : parents) quoted.push_back(in_quotes(parent));
  return fmt::format("[{}]", fmt::join(quoted, ","));
}

/// The target that is meant: by its whole path, or by what it is called.
tl::expected<const StatusTarget*, StartupError> find_target(const Status& status,
                                                            const std::string& subject) {
  const auto path = resolve_cgroup_path(status.daemon.mount, subject).value_or(subject);
  std::vector<const StatusTarget*> found;
  for (const auto& target : status.targets) {
    if (target.cgroup == path || target.cgroup == utf8(path)) return &target;
    if (is_called(target, subject)) found.push_back(&target);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    return refuse(ExitCode::usage,
                  fmt::format("{} stands for {} containers; give more of the id, or NAMESPACE/POD/CONTAINER",
                              in_quotes(subject), found.size()));
  }
  return refuse(
      ExitCode::unavailable,
      fmt::format("{} is not among the {} cgroups that are watched below {}; `status` lists them (a "
                  "pause container never is)",
                  in_quotes(subject), status.targets.size(), list_of(status.daemon.parents)));
}

std::string limit_step(const Hierarchy& hierarchy, const StatusTarget& target) {
  const auto limit = find_effective_limit(hierarchy, target.cgroup);
  const auto bytes = size(target.sample->effective_limit);
  if (!limit) return fmt::format("limit      {}\n", bytes);
  if (limit->cgroup.empty()) {
    return fmt::format("limit      {}, the machine's memory: no cgroup limits it further\n", bytes);
  }
  return fmt::format("limit      {}, set by {} of {}\n", bytes, limit->file, printable(limit->cgroup));
}

std::string rule_step(const StatusDaemon& daemon, const StatusTarget& target) {
  if (!target.rule) {
    return fmt::format("rule       none matches: threshold {}, target {}, cooldown {}\n",
                       printable(daemon.threshold), printable(daemon.target), printable(daemon.cooldown));
  }
  // Between a reload and its scan there may be fewer.
  if (*target.rule > daemon.rules.size()) {
    return fmt::format("rule       {}, before the last reload\n", *target.rule);
  }
  const auto& rule = daemon.rules[*target.rule - 1];
  return fmt::format("rule       {}: {}\n", printable(rule.name), printable(rule.says));
}

/// Nothing to say where the gate is always open.
std::string gate_step(const StatusDaemon& daemon) {
  if (daemon.when == "always") return {};
  return fmt::format("when       {}: the node has less, so that cgroups are looked at\n",
                     printable(daemon.when));
}

/// How the kernel's counters become the cache that can be dropped; see MemoryInterface::reclaimable.
std::string cache_step(const Hierarchy& hierarchy, const std::string& path) {
  const auto seen = inspect(hierarchy, path);
  if (!seen) return {};
  const auto& stat = seen->stat;
  const auto lru = fmt::format("inactive_file {} + active_file {}", counted(stat.inactive_file),
                               counted(stat.active_file));
  const auto formula =
      hierarchy.version == CgroupVersion::v1
          ? fmt::format("{} - dirty {} - writeback {}", lru, counted(stat.dirty), counted(stat.writeback))
          : fmt::format("min(file {} - shmem {}, {}) - file_dirty {} - file_writeback {}", counted(stat.file),
                        counted(stat.shmem), lru, counted(stat.dirty), counted(stat.writeback));
  return fmt::format("now        {} = {}\n", human(seen->reclaimable), formula);
}

std::string comparison_step(const StatusSample& sample) {
  if (!sample.reclaimable) {
    return fmt::format("cache      not looked at: usage {} alone is below the threshold {}\n",
                       size(sample.usage), size(sample.threshold));
  }
  const bool over = *sample.reclaimable >= sample.threshold;
  return fmt::format("cache      {} can be dropped, {} the threshold {}; target {}\n",
                     size(*sample.reclaimable), over ? "at or above" : "below", size(sample.threshold),
                     size(sample.target));
}

std::string cooldown_text(const StatusTarget& target) {
  auto learned = describe_seconds(target.cooldown_seconds);
  const auto configured = describe_seconds(target.configured_cooldown_seconds);
  if (learned == configured) return learned;
  return fmt::format("{} as learned, {} as configured", learned, configured);
}

std::string ledger_step(const StatusTarget& target) {
  if (!target.ledger) return "so far     never reclaimed\n";
  const auto& ledger = *target.ledger;
  return fmt::format("so far     {} reclaims in {} slices and {}: freed {} of {}, read again: {}\n",
                     ledger.reclaims, ledger.slices, describe_seconds(ledger.duration_seconds),
                     human(ledger.freed), human(ledger.requested), counted(ledger.refaulted));
}

std::string pressure_step(const StatusTarget& target) {
  const auto& pressure = target.sample->pressure;
  if (!pressure) return fmt::format("pressure   not looked at (at most {:.4g} %)\n", target.max_pressure);
  return fmt::format("pressure   {:.4g} % of the last 10 s (at most {:.4g} %)\n", *pressure,
                     target.max_pressure);
}

std::string swap_step(const StatusDaemon& daemon) {
  if (daemon.spares_anon) return "swap       no: anonymous memory is spared\n";
  return fmt::format(
      "swap       anonymous memory can't be spared ({}): {}\n", printable(daemon.cannot_spare_anon),
      daemon.allow_swap ? "reclaimed all the same (allow_swap)" : "left alone where it might be swapped out");
}

/// What is only looked at where nothing stands before it.
std::string steps_of_looking(const StatusDaemon& daemon, const StatusTarget& target,
                             const Hierarchy& hierarchy) {
  if (!target.sample->reclaimable && (target.reason == "ignored" || target.reason == "in flight")) {
    return fmt::format("cache      not looked at: {}\n", printable(target.decision));
  }
  return comparison_step(*target.sample) + cache_step(hierarchy, target.cgroup) +
         fmt::format("cooldown   {}\n", cooldown_text(target)) + pressure_step(target) + swap_step(daemon);
}

std::string identity(const StatusTarget& target) {
  std::string lines;
  if (const auto name = full_name(target.names); !name.empty()) {
    lines += fmt::format("container  {}\n", printable(name));
  }
  if (!target.container_id.empty()) {
    lines += fmt::format("id         {}\n", printable(target.container_id));
  }
  if (!target.pod_uid.empty()) {
    lines += fmt::format("pod        {}, {}\n", printable(target.pod_uid), printable(target.qos));
  }
  return lines;
}

std::string head(const StatusDocument& document, const std::string& cgroup) {
  return fmt::format("cgroup     {}\nsource     {}\n", printable(cgroup), document.source);
}

}  // namespace

std::string gate_text(const GateClosed& gate) {
  return fmt::format("the node has {} of {} available: nothing is looked at (when)", human(gate.available),
                     human(gate.total));
}

tl::expected<std::string, StartupError> explain(const StatusDocument& document, const std::string& subject) {
  const auto& [daemon, scan, targets] = document.status;
  if (scan && scan->gate_closed) {
    return head(document, subject) + fmt::format("when       {}: {}\ndecision   not looked at\n",
                                                 printable(daemon.when), gate_text(*scan->gate_closed));
  }
  const auto found = find_target(document.status, subject);
  if (!found) return tl::unexpected{found.error()};
  const auto& target = **found;
  const Hierarchy hierarchy{daemon.cgroup_version, daemon.mount};
  auto lines =
      head(document, target.cgroup) + identity(target) + gate_step(daemon) + rule_step(daemon, target);
  if (target.sample) lines += limit_step(hierarchy, target) + steps_of_looking(daemon, target, hierarchy);
  return lines + ledger_step(target) + fmt::format("decision   {}\n", printable(target.decision));
}

}  // namespace cmm
