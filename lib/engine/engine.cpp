// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "cgroupfs/cgroup_files.hpp"
#include "engine/naming.hpp"
#include "policy/budget.hpp"
#include "policy/gate.hpp"
#include "policy/rules.hpp"

namespace cmm {
namespace {

// A node that doesn't say how much memory it has limits nothing, and may have swap.
constexpr NodeMemory kUnknownNode{
    .total = Bytes{~std::uint64_t{0}}, .free = {}, .available = {}, .swap_total = Bytes{1}};

std::vector<ReclaimPolicy> policies_of(const Rules& rules, const ReclaimPolicy& policy) {
  std::vector<ReclaimPolicy> policies;
  for (const auto& rule : rules) policies.push_back(with_rule(policy, rule));
  return policies;
}

Io<UniqueFd> open_once_more(const Branch& branch, const Target& target) {
  // Where descriptors are scarce the target doesn't hold its own.
  if (!target.dir) return open_cgroup(branch.dir.get(), target.name(), target.cgroup->id);
  UniqueFd dir{::fcntl(target.dir.get(), F_DUPFD_CLOEXEC, 0)};
  if (!dir) return tl::unexpected{last_error()};
  return dir;
}

// The job gets a descriptor of its own: the tree may drop the target while a worker is still busy with it.
Result<ReclaimJob> make_job(const Branch& branch, const Target& target, const ReclaimRequest& request) {
  auto dir = open_once_more(branch, target);
  if (!dir) return tl::unexpected{Error{dir.error(), "keep open", target.cgroup->path}};
  return ReclaimJob{target.cgroup, *std::move(dir), request};
}

}  // namespace

Engine::Engine(EngineSetup setup, Memory memory)
    : setup_(std::move(setup)),
      rule_policies_(policies_of(setup_.rules, setup_.policy)),
      tree_(setup_.hierarchy, setup_.parents),
      links_(setup_.container_logs),
      sampler_(setup_.hierarchy, setup_.root),
      node_(kUnknownNode),
      memory_(std::move(memory)) {}

void Engine::change(EngineSetup setup) {
  if (setup.parents != setup_.parents) tree_.watch(setup.parents);
  if (setup.container_logs != setup_.container_logs) look_for_names_in(setup.container_logs);
  setup_ = std::move(setup);
  rule_policies_ = policies_of(setup_.rules, setup_.policy);
  for (auto& [id, remembered] : memory_.cgroups) {
    remembered.rule = find_rule(setup_.rules, *remembered.ruled);
  }
}

Scan Engine::scan(TimePoint now) {
  ScanWatch unwatched;
  return scan(now, unwatched, {});
}

Scan Engine::scan(TimePoint now, ScanWatch& watch, const Quarantine& quarantine) {
  const auto start = std::chrono::steady_clock::now();
  Scan scan;
  auto& report = scan.report;
  report.at = now;
  report.next_in = setup_.pace.longest;
  node_ = read_node_memory(setup_.root).value_or(node_);
  if (is_gate_closed(report)) return scan;

  ++memory_.scans;
  soonest_.reset();
  report.targets.reserve(last_targets_);
  tree_.refresh(watch, quarantine);
  name_all(report);
  auto candidates = look_at_all(report, watch, quarantine);
  share_out(report.targets, candidates);
  if (!setup_.dry_run) hand_out(scan, candidates);
  tell_unreadable(report);
  report.lessons = std::exchange(memory_.untold, {});
  report.next_in = next_scan_in(setup_.pace, soonest_);
  last_targets_ = report.targets.size();
  forget_unseen(report, quarantine);
  report.took = std::chrono::steady_clock::now() - start;
  return scan;
}

void Engine::look_for_names_in(const std::string& directory) {
  links_ = LogLinks{directory};
  tree_.for_each_branch([](Branch& branch) { branch.named = 0; });
}

void Engine::name_all(ScanReport& report) {
  links_.refresh();
  tree_.for_each_branch([&](Branch& branch) {
    if (branch.named != links_.version()) name_targets(branch, links_);
  });
  report.names_error = links_.error();
}

std::vector<Engine::Candidate> Engine::look_at_all(ScanReport& report, ScanWatch& watch,
                                                   const Quarantine& quarantine) {
  std::vector<Candidate> candidates;
  tree_.for_each_target([&](Branch& branch, Target& target) {
    if (target.gone || target.is_pause) return;
    auto& memory = remember(target.cgroup);
    const auto& policy = policy_of(memory);
    auto& row = report.targets.emplace_back(TargetReport{.cgroup = target.cgroup,
                                                         .sample = {},
                                                         .marks = {},
                                                         .decision = {},
                                                         .cooldown = {},
                                                         .configured_cooldown = policy.cooldown,
                                                         .max_pressure = policy.max_pressure,
                                                         .rule = memory.rule,
                                                         .ledger = memory.ledger});
    if (const auto stuck = quarantine.find(target.cgroup->path); stuck != quarantine.end()) {
      row.decision = stuck->second;
      return;
    }
    const bool is_due =
        visit({branch, target, memory, policy, row, watch, report.at, tree_.is_turn_of(*target.cgroup)});
    if (target.gone) return report.targets.pop_back();
    if (is_due) candidates.push_back({&branch, &target, &memory, report.targets.size() - 1});
  });
  return candidates;
}

bool Engine::is_gate_closed(ScanReport& report) const {
  if (!setup_.gate.node_available_below) return false;
  // Where the measure of choice can't be had, the kernel's own is next to it.
  const auto available =
      read_node_available(setup_.hierarchy, setup_.gate.measure, node_).value_or(node_.available);
  if (is_open(setup_.gate, available, node_.total)) return false;
  report.gate_closed = GateClosed{available, node_.total};
  return true;
}

namespace {

void apply(const Grant& grant, TargetReport& row, History& history) {
  if (grant.deferred) {
    row.decision = *grant.deferred;
    ++history.deferrals;
    return;
  }
  auto& request = std::get<ReclaimRequest>(row.decision);
  request.target += request.bytes - grant.bytes;
  request.bytes = grant.bytes;
  request.byte_budget = grant.most;
  request.cpu_budget = grant.cpu;
  history.deferrals = 0;
}

}  // namespace

// Those that get something start in this order too.
void Engine::share_out(std::vector<TargetReport>& rows, std::vector<Candidate>& candidates) const {
  std::vector<Claim> claims;
  for (const auto& each : candidates) {
    const auto bytes = std::get<ReclaimRequest>(rows[each.row].decision).bytes;
    const auto& ledger = each.memory->ledger;
    claims.push_back(
        {bytes, each.memory->history.deferrals, expected_cpu(ledger ? *ledger : Ledger{}, bytes)});
  }
  const auto grants = share(setup_.budget, claims);
  std::vector<Candidate> in_order;
  for (const auto i : by_weight(claims)) {
    apply(grants[i], rows[candidates[i].row], candidates[i].memory->history);
    in_order.push_back(candidates[i]);
  }
  candidates = std::move(in_order);
}

void Engine::hand_out(Scan& scan, const std::vector<Candidate>& candidates) {
  for (const auto& each : candidates) {
    auto& row = scan.report.targets[each.row];
    const auto* request = std::get_if<ReclaimRequest>(&row.decision);
    if (request == nullptr) continue;
    auto job = make_job(*each.branch, *each.target, *request);
    if (!job) {
      row.decision = Unreadable{std::move(job.error())};
      continue;
    }
    scan.jobs.push_back(std::move(*job));
    each.memory->history.last_attempt = scan.report.at;
    each.memory->history.in_flight = true;
  }
}

void Engine::record(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  const auto entry = memory_.cgroups.find(job.cgroup->id);
  if (entry == memory_.cgroups.end()) return;
  auto& memory = entry->second;
  auto& history = memory.history;
  history.last_attempt = outcome.started_at;
  history.in_flight = false;
  // What was freed isn't growth backwards: seen from now on is what has grown beside it.
  history.growth.usage = history.growth.usage - outcome.freed;
  memory.ledger = std::make_shared<Ledger>(with(memory.ledger ? *memory.ledger : Ledger{}, outcome));
  const auto before = history.learning;
  history.learning = after_reclaim(policy_of(memory), before, job.request, outcome);
  tell(job.cgroup, memory, before, outcome.freed, {});
}

void Engine::tell(const CgroupRef& cgroup, const Remembered& memory, const Learning& before, Bytes freed,
                  std::optional<Bytes> refaulted) {
  const auto& learning = memory.history.learning;
  if (learning.doublings == before.doublings && learning.raise == before.raise) return;
  memory_.untold.push_back({.cgroup = cgroup,
                            .freed = freed,
                            .refaulted = refaulted,
                            .cooldown = learned_cooldown(policy_of(memory), learning),
                            .raise = learning.raise});
}

Remembered& Engine::remember(const CgroupRef& cgroup) {
  auto& memory = recall_.next(memory_, cgroup);
  // Another value says more of the same cgroup: its names have become known.
  if (memory.ruled != cgroup) {
    memory.ruled = cgroup;
    memory.rule = find_rule(setup_.rules, *cgroup);
  }
  memory.seen_in_scan = memory_.scans;
  return memory;
}

const ReclaimPolicy& Engine::policy_of(const Remembered& memory) const {
  return memory.rule ? rule_policies_[*memory.rule] : setup_.policy;
}

// A parent that is waited for is as it should be while it doesn't exist.
void Engine::tell_unreadable(ScanReport& report) const {
  for (auto& error : tree_.unreadable()) {
    const auto is_it = [&](const Parent& parent) {
      return error.path == setup_.hierarchy.mount + "/" + parent.path;
    };
    const auto parent = std::ranges::find_if(setup_.parents, is_it);
    if (setup_.awaits_parents && is_gone(error.code) && parent != setup_.parents.end()) {
      report.awaited.push_back(*parent);
    } else {
      report.unreadable_branches.push_back(std::move(error));
    }
  }
}

// What lies in a branch that can't be read just now, or rests because the kernel hung on it, may be there all
// the while, with a cooldown and all that was learned.
void Engine::forget_unseen(const ScanReport& report, const Quarantine& quarantine) {
  const auto seen = recall_.end();
  if (seen == memory_.cgroups.size()) return;
  const auto may_be_there = [&](const std::string& path) {
    const auto absolute = setup_.hierarchy.mount + "/" + path;
    return std::ranges::any_of(
               report.unreadable_branches,
               [&](const Error& branch) { return absolute.starts_with(branch.path + "/"); }) ||
           std::ranges::any_of(quarantine,
                               [&](const auto& stuck) { return path.starts_with(stuck.first + "/"); });
  };
  std::erase_if(memory_.cgroups, [&](const auto& entry) {
    const auto& memory = entry.second;
    return memory.seen_in_scan != memory_.scans && !memory.history.in_flight &&
           !may_be_there(memory.ruled->path);
  });
}

}  // namespace cmm
