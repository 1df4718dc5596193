// SPDX-License-Identifier: Apache-2.0
// One scan's look at one cgroup.
#include <algorithm>
#include <utility>

#include "engine/engine.hpp"
#include "policy/decide.hpp"

namespace cmm {

bool Engine::visit(const Visit& visit) {
  auto sampled = sample(visit);
  if (!sampled) {
    visit.row.sample.reset();
    visit.row.decision = Unreadable{std::move(sampled.error())};
  }
  visit.row.ledger = visit.memory.ledger;
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
  // Meanwhile some of it goes and some is new; see record().
  if (!history.in_flight) history.growth = grown(history.growth, usage->usage, visit.now);
  set_marks(visit);
  if (visit.memory.rule && setup_.rules[*visit.memory.rule].ignore) {
    visit.row.decision = Ignored{Ignored::By::rule};
    return {};
  }
  if (auto learned = learn(visit); !learned) return learned;

  set_marks(visit);
  const bool at_limit = is_about_to_fill_its_limit(visit);
  if ((needs_cache_sample(usage->usage, visit.row.marks) || at_limit) && !history.in_flight) {
    if (auto sampled = sample_cache(visit); !sampled) return sampled;
  }
  if (auto decided = decide_on(visit, at_limit); !decided) return decided;
  look_ahead(visit);
  return {};
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

Result<void> Engine::learn(const Visit& visit) {
  auto& learning = visit.memory.history.learning;
  // As generous with the scan's timer as decide() is, or a request would go out before the verdict.
  if (!trial_has_ended(visit.policy, learning, visit.now + kScanJitter)) {
    const auto before = std::exchange(learning, settle(visit.policy, learning, visit.now));
    tell(visit.target.cgroup, visit.memory, before, {}, {});
    return {};
  }
  // One scan may be left out.
  if (is_too_late_to_judge(visit.policy, learning, visit.now, 2 * setup_.pace.longest)) {
    learning = without_verdict(learning, visit.now);
    return {};
  }
  return judge_trial(visit);
}

// The cooldown after a reclaim is over: how much of what it freed has come back?
Result<void> Engine::judge_trial(const Visit& visit) {
  auto& learning = visit.memory.history.learning;
  auto& ledger = visit.memory.ledger;
  const auto refaults = visit.watch.call(visit.target.cgroup,
                                         [&] { return sampler_.read_refaults(visit.branch, visit.target); });
  if (!refaults) return tl::unexpected{refaults.error()};
  const auto before = learning;
  const auto refaulted = refaulted_since(*before.trial, *refaults);
  if (refaulted) ledger = std::make_shared<Ledger>(with_refaults(*ledger, *refaulted));
  learning = judge(before, refaulted, visit.now);
  tell(visit.target.cgroup, visit.memory, before, before.trial->freed, refaulted);
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

bool Engine::is_about_to_fill_its_limit(const Visit& visit) const {
  const auto& sample = *visit.row.sample;
  const auto& growth = visit.memory.history.growth;
  const auto time = time_until(growth, sample.usage, sample.effective_limit);
  return growth.bytes_per_second > 0 && time && is_imminent(setup_.pace, *time);
}

void Engine::look_ahead(const Visit& visit) {
  const auto& row = visit.row;
  const auto* skip = std::get_if<Skip>(&row.decision);
  if (const auto* cooling = skip != nullptr ? std::get_if<CoolingDown>(skip) : nullptr)
    return need_scan_in(cooling->until - visit.now);
  const auto& growth = visit.memory.history.growth;
  if (growth.bytes_per_second <= 0) return;
  if (skip != nullptr && !std::holds_alternative<BelowThreshold>(*skip)) return;

  // A reclaim takes it down to the target; from there it grows on, and isn't touched before its cooldown.
  const auto* request = std::get_if<ReclaimRequest>(&row.decision);
  const auto gone = request != nullptr ? request->bytes : Bytes{};
  const auto cooled = request != nullptr ? row.cooldown : Duration{};
  const auto usage = row.sample->usage - gone;
  const auto amount = (row.sample->cache ? row.sample->cache->reclaimable : row.sample->usage) - gone;
  const auto mark = std::max(row.marks.threshold, row.marks.target);
  if (const auto time = time_until(growth, amount, mark)) need_scan_in(std::max(*time, cooled));
  // Half-way, as growth that speeds up would have passed the limit at the end of the way.
  const auto time = time_until(growth, usage, row.sample->effective_limit);
  if (time && (amount > row.marks.target || request != nullptr)) need_scan_in(std::max(*time / 2, cooled));
}

void Engine::need_scan_in(Duration time) {
  if (!soonest_ || time < *soonest_) soonest_ = time;
}

}  // namespace cmm
