// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "policy/budget.hpp"
#include "policy/decide.hpp"
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

// The job gets a descriptor of its own: the tree may drop the target while a worker is still busy with it.
Result<ReclaimJob> make_job(const Target& target, const ReclaimRequest& request) {
  UniqueFd dir{::fcntl(target.dir.get(), F_DUPFD_CLOEXEC, 0)};
  if (!dir) return tl::unexpected{errno_error("keep open", target.cgroup->path)};
  return ReclaimJob{target.cgroup, std::move(dir), request};
}

bool is_same(const Learning& a, const Learning& b) {
  return a.doublings == b.doublings && a.raise == b.raise;
}

}  // namespace

Engine::Engine(EngineSetup setup, Memory memory)
    : setup_(std::move(setup)),
      rule_policies_(policies_of(setup_.rules, setup_.policy)),
      tree_(setup_.hierarchy, setup_.parents),
      sampler_(setup_.hierarchy, setup_.root),
      node_(kUnknownNode),
      memory_(std::move(memory)) {}

void Engine::change(EngineSetup setup) {
  if (setup.parents != setup_.parents) tree_.watch(setup.parents);
  setup_ = std::move(setup);
  rule_policies_ = policies_of(setup_.rules, setup_.policy);
  for (auto& [id, remembered] : memory_.cgroups) {
    remembered.rule.reset();
    remembered.rule_found = false;
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
  report.lessons = std::exchange(untold_, {});
  report.targets.reserve(last_targets_);
  tree_.refresh(watch, quarantine);
  std::vector<Candidate> candidates;
  tree_.for_each_target([&](const Branch& branch, Target& target) {
    if (target.gone) return;
    auto& memory = remember(*target.cgroup);
    auto& row = report.targets.emplace_back(TargetReport{.cgroup = target.cgroup,
                                                         .sample = {},
                                                         .marks = {},
                                                         .decision = {},
                                                         .cooldown = {},
                                                         .rule = memory.rule,
                                                         .ledger = memory.ledger});
    if (!quarantine.empty() && quarantine.contains(target.cgroup->path)) {
      row.decision = quarantine.at(target.cgroup->path);
      return;
    }
    const bool is_due = visit({branch, target, memory, policy_of(memory), row, report.lessons, watch, now,
                               tree_.is_turn_of(*target.cgroup)});
    if (target.gone) return report.targets.pop_back();
    if (is_due) candidates.push_back({&target, &memory, report.targets.size() - 1});
  });
  share_out(report.targets, candidates);
  if (!setup_.dry_run) hand_out(scan, candidates);
  report.unreadable_branches = tree_.unreadable();
  report.next_in = next_scan_in(setup_.pace, soonest_);
  last_targets_ = report.targets.size();
  forget_unseen();
  report.took = std::chrono::steady_clock::now() - start;
  return scan;
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

bool Engine::visit(const Visit& visit) {
  auto sampled = sample(visit);
  if (!sampled) {
    visit.row.sample.reset();
    visit.row.decision = Unreadable{std::move(sampled.error())};
  }
  sampler_.release(visit.target, visit.row.sample && visit.row.sample->cache);
  const bool is_due = std::holds_alternative<ReclaimRequest>(visit.row.decision);
  if (!is_due) visit.memory.history.deferrals = 0;
  return is_due;
}

Result<void> Engine::sample(const Visit& visit) {
  auto usage = visit.watch.call(visit.target.cgroup, [&] {
    return sampler_.read_usage(visit.branch, visit.target, node_.total, visit.is_turn);
  });
  if (!usage) return tl::unexpected{std::move(usage.error())};
  visit.row.sample = *usage;
  auto& history = visit.memory.history;
  history.growth = grown(history.growth, usage->usage, visit.now);
  if (visit.memory.rule && setup_.rules[*visit.memory.rule].ignore) {
    visit.row.decision = Ignored{Ignored::By::rule};
    return {};
  }
  if (auto learned = learn(visit); !learned) return learned;

  set_marks(visit);
  const bool at_limit = fills_its_limit(visit);
  if ((needs_cache_sample(usage->usage, visit.row.marks) || at_limit) && !history.in_flight) {
    if (auto sampled = sample_cache(visit); !sampled) return sampled;
  }
  look_ahead(visit);
  return decide_on(visit, at_limit);
}

Result<void> Engine::sample_cache(const Visit& visit) {
  auto whole = visit.watch.call(visit.target.cgroup, [&] {
    return sampler_.read_cache(visit.branch, visit.target, node_.total, visit.is_turn, *visit.row.sample);
  });
  if (!whole) return tl::unexpected{std::move(whole.error())};
  visit.row.sample = *whole;
  set_marks(visit);
  return {};
}

void Engine::set_marks(const Visit& visit) {
  visit.row.marks = learned_marks(watermarks(visit.policy, visit.row.sample->effective_limit),
                                  visit.memory.history.learning);
  visit.row.cooldown = learned_cooldown(visit.policy, visit.memory.history.learning);
}

// The cooldown after a reclaim is over: how much of what it freed has come back?
Result<void> Engine::learn(const Visit& visit) {
  auto& learning = visit.memory.history.learning;
  const auto before = learning;
  std::optional<Bytes> refaulted;
  // As generous with the scan's timer as decide() is, or a request would go out before the verdict.
  if (trial_has_ended(visit.policy, learning, visit.now + kScanJitter)) {
    const auto refaults = visit.watch.call(
        visit.target.cgroup, [&] { return sampler_.read_refaults(visit.branch, visit.target); });
    if (!refaults) return tl::unexpected{refaults.error()};
    refaulted = refaulted_since(*learning.trial, *refaults);
    if (refaulted)
      visit.memory.ledger = std::make_shared<Ledger>(with_refaults(*visit.memory.ledger, *refaulted));
    learning = judge(learning, refaulted, visit.now);
  } else {
    learning = settle(visit.policy, learning, visit.now);
  }
  if (is_same(learning, before)) return {};
  visit.lessons.push_back({.cgroup = visit.target.cgroup,
                           .freed = before.trial ? before.trial->freed : Bytes{},
                           .refaulted = refaulted,
                           .cooldown = learned_cooldown(visit.policy, learning),
                           .raise = learning.raise});
  return {};
}

Result<void> Engine::decide_on(const Visit& visit, bool at_limit) {
  auto& row = visit.row;
  row.decision = decide({visit.policy, row.marks, visit.memory.history, *row.sample, at_limit}, visit.now);
  if (!std::holds_alternative<ReclaimRequest>(row.decision)) return {};

  const bool swap_matters = !setup_.ability.spares_anon && node_.swap_total != Bytes{};
  auto looked = visit.watch.call(visit.target.cgroup, [&]() -> Result<void> {
    // A leaf that got children since it was last looked at isn't reclaimed in their place.
    if (is_no_leaf(visit.target)) visit.target.gone = true;
    const auto limit = sampler_.read_limit(visit.branch, visit.target, node_.total);
    if (!limit) return tl::unexpected{limit.error()};
    const auto guards = sampler_.read_guards(visit.branch, visit.target, swap_matters);
    if (!guards) return tl::unexpected{guards.error()};
    row.sample->effective_limit = *limit;
    row.sample->guards = *guards;
    return {};
  });
  if (!looked) return looked;
  set_marks(visit);
  row.decision = decide({visit.policy, row.marks, visit.memory.history, *row.sample, at_limit}, visit.now);
  return {};
}

void Engine::look_ahead(const Visit& visit) {
  const auto& sample = *visit.row.sample;
  const auto amount = sample.cache ? sample.cache->reclaimable : sample.usage;
  if (visit.memory.history.in_flight || amount >= visit.row.marks.threshold) return;
  const auto time = time_until(visit.memory.history.growth, amount, visit.row.marks.threshold);
  if (time && (!soonest_ || *time < *soonest_)) soonest_ = time;
}

bool Engine::fills_its_limit(const Visit& visit) const {
  const auto& sample = *visit.row.sample;
  const auto time = time_until(visit.memory.history.growth, sample.usage, sample.effective_limit);
  return visit.memory.history.growth.bytes_per_second > 0 && time && *time < setup_.pace.longest;
}

void Engine::share_out(std::vector<TargetReport>& rows, const std::vector<Candidate>& candidates) {
  std::vector<Claim> claims;
  for (const auto& each : candidates) {
    const auto bytes = std::get<ReclaimRequest>(rows[each.row].decision).bytes;
    const auto& ledger = each.memory->ledger;
    claims.push_back(
        {bytes, each.memory->history.deferrals, expected_cpu(ledger ? *ledger : Ledger{}, bytes)});
  }
  const auto grants = share(setup_.budget, claims);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    auto& decision = rows[candidates[i].row].decision;
    auto& deferrals = candidates[i].memory->history.deferrals;
    if (grants[i].deferred) {
      decision = *grants[i].deferred;
      ++deferrals;
      continue;
    }
    auto& request = std::get<ReclaimRequest>(decision);
    request.target += request.bytes - grants[i].bytes;
    request.bytes = grants[i].bytes;
    request.cpu_budget = grants[i].cpu;
    deferrals = 0;
  }
}

void Engine::hand_out(Scan& scan, const std::vector<Candidate>& candidates) {
  for (const auto& each : candidates) {
    auto& row = scan.report.targets[each.row];
    const auto* request = std::get_if<ReclaimRequest>(&row.decision);
    if (request == nullptr) continue;
    auto job = make_job(*each.target, *request);
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
  memory.ledger = std::make_shared<Ledger>(with(memory.ledger ? *memory.ledger : Ledger{}, outcome));
  const auto before = history.learning;
  history.learning = after_reclaim(policy_of(memory), before, job.request, outcome);
  if (is_same(before, history.learning)) return;
  untold_.push_back({.cgroup = job.cgroup,
                     .freed = outcome.freed,
                     .refaulted = {},
                     .cooldown = learned_cooldown(policy_of(memory), history.learning),
                     .raise = history.learning.raise});
}

Remembered& Engine::remember(const Cgroup& cgroup) {
  auto& memory = memory_.cgroups[cgroup.id];
  if (!std::exchange(memory.rule_found, true)) memory.rule = find_rule(setup_.rules, cgroup);
  memory.seen_in_scan = memory_.scans;
  return memory;
}

const ReclaimPolicy& Engine::policy_of(const Remembered& memory) const {
  return memory.rule ? rule_policies_[*memory.rule] : setup_.policy;
}

void Engine::forget_unseen() {
  std::erase_if(memory_.cgroups, [&](const auto& entry) {
    return entry.second.seen_in_scan != memory_.scans && !entry.second.history.in_flight;
  });
}

}  // namespace cmm
