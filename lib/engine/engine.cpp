// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <fcntl.h>

#include <chrono>
#include <utility>

#include "policy/decide.hpp"

namespace cmm {
namespace {

// A node that doesn't say how much memory it has limits nothing, and may have swap.
constexpr NodeMemory kUnknownNode{.total = Bytes{~std::uint64_t{0}}, .swap_total = Bytes{1}};

}  // namespace

Engine::Engine(EngineSetup setup)
    : setup_(std::move(setup)),
      tree_(setup_.hierarchy, setup_.parents),
      sampler_(setup_.hierarchy),
      node_(kUnknownNode) {}

Scan Engine::scan(TimePoint now) {
  const auto start = std::chrono::steady_clock::now();
  ++scans_;
  node_ = read_node_memory(setup_.root).value_or(node_);
  tree_.refresh();

  Scan scan;
  scan.report.at = now;
  scan.report.targets.reserve(last_targets_);
  tree_.for_each_target([&](const Branch& branch, Target& target) {
    auto row = examine(branch, target, now);
    if (!row) return;
    if (!setup_.dry_run) hand_out(target, *row, scan.jobs, now);
    sampler_.release(target, row->sample && row->sample->cache);
    scan.report.targets.push_back(std::move(*row));
  });
  scan.report.unreadable_branches = tree_.unreadable();
  last_targets_ = scan.report.targets.size();
  forget_unseen();
  scan.report.took = std::chrono::steady_clock::now() - start;
  return scan;
}

std::optional<TargetReport> Engine::examine(const Branch& branch, Target& target, TimePoint now) {
  if (target.gone) return std::nullopt;
  auto row = sample_and_decide(branch, target, history_of(target.cgroup->id), now);
  // A leaf that got children since it was last looked at isn't reclaimed in their place.
  const bool requested = row && std::holds_alternative<ReclaimRequest>(row->decision);
  if (requested && !setup_.dry_run && is_no_leaf(target)) target.gone = true;
  if (target.gone) return std::nullopt;
  if (row) return std::move(*row);
  return TargetReport{target.cgroup, std::nullopt, {}, Unreadable{std::move(row.error())}};
}

Result<TargetReport> Engine::sample_and_decide(const Branch& branch, Target& target, const History& history,
                                               TimePoint now) {
  const bool is_turn = tree_.is_turn_of(*target.cgroup);
  auto sample = sampler_.read_usage(branch, target, node_.total, is_turn);
  if (!sample) return tl::unexpected{std::move(sample.error())};
  auto marks = watermarks(setup_.policy, sample->effective_limit);

  if (needs_cache_sample(sample->usage, marks) && !history.in_flight) {
    sample = sampler_.read_cache(branch, target, node_.total, is_turn, *sample);
    if (!sample) return tl::unexpected{std::move(sample.error())};
    marks = watermarks(setup_.policy, sample->effective_limit);
    if (sample->cache->reclaimable >= marks.threshold) {
      auto swappable = is_swappable(branch, target);
      if (!swappable) return tl::unexpected{std::move(swappable.error())};
      sample->swappable = *swappable;
    }
  }
  auto decision = decide(setup_.policy, marks, history, *sample, now);
  return TargetReport{target.cgroup, *sample, marks, std::move(decision)};
}

Result<bool> Engine::is_swappable(const Branch& branch, Target& target) {
  if (setup_.ability.spares_anon || node_.swap_total == Bytes{}) return false;
  return sampler_.may_swap(branch, target);
}

// The job gets a descriptor of its own: the tree may drop the target while a worker is still busy with it.
Result<ReclaimJob> Engine::make_job(const Target& target, const ReclaimRequest& request) {
  UniqueFd dir{::fcntl(target.dir.get(), F_DUPFD_CLOEXEC, 0)};
  if (!dir) return tl::unexpected{errno_error("keep open", target.cgroup->path)};
  return ReclaimJob{target.cgroup, std::move(dir), request};
}

void Engine::hand_out(const Target& target, TargetReport& row, std::vector<ReclaimJob>& jobs, TimePoint now) {
  const auto* request = std::get_if<ReclaimRequest>(&row.decision);
  if (request == nullptr) return;
  auto job = make_job(target, *request);
  if (!job) {
    row.decision = Unreadable{std::move(job.error())};
    return;
  }
  jobs.push_back(std::move(*job));
  remembered_[target.cgroup->id] = {{.last_attempt = now, .in_flight = true}, scans_};
}

void Engine::record(CgroupId id, const ReclaimOutcome& outcome) {
  const auto entry = remembered_.find(id);
  if (entry == remembered_.end()) return;
  entry->second.history = {.last_attempt = outcome.started_at, .in_flight = false};
}

History Engine::history_of(CgroupId id) {
  // Most hosts have few cgroups that were ever reclaimed, and many that never were.
  const auto entry = remembered_.find(id);
  if (entry == remembered_.end()) return {};
  entry->second.seen_in_scan = scans_;
  return entry->second.history;
}

void Engine::forget_unseen() {
  std::erase_if(remembered_, [&](const auto& entry) {
    return entry.second.seen_in_scan != scans_ && !entry.second.history.in_flight;
  });
}

}  // namespace cmm
