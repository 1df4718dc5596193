// SPDX-License-Identifier: Apache-2.0
#include "daemon/reclaim_slots.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <thread>
#include <utility>

namespace cmm {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// Beyond its time budget a reclaim is in one slice at most, which lasts milliseconds.
constexpr auto kReclaimPatience = std::chrono::seconds{1};
// Each one that hangs keeps a thread. Where so many do, something is wrong with the node and not with a
// cgroup.
constexpr unsigned kMostHanging = 16;

}  // namespace

ReclaimSlots::ReclaimSlots(asio::io_context& io, Reclaimer* reclaimer, unsigned concurrent, Events events)
    : io_(io), reclaimer_(reclaimer), concurrent_(concurrent), events_(std::move(events)) {}

void ReclaimSlots::submit(JobRef job) {
  if (stop_.stop_requested()) return;
  waiting_.push_back(std::move(job));
  start_waiting();
}

void ReclaimSlots::resize(unsigned concurrent) {
  concurrent_ = concurrent;
  start_waiting();
}

void ReclaimSlots::start_waiting() {
  while (!waiting_.empty() && running_.size() < concurrent_ + hanging_) {
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(job));
  }
}

void ReclaimSlots::start(JobRef job) {
  if (idle_.empty()) idle_.emplace_back();
  running_.splice(running_.end(), idle_, idle_.begin());
  const auto slot = std::prev(running_.end());
  slot->job = std::move(job);
  // The time that a cooldown still lasts doesn't count: at most the jitter of a scan's timer, see
  // kScanJitter.
  slot->started = std::max(Clock::now(), slot->job->request.not_before);
  slot->stood_still = {};
  asio::post(slot->thread, [this, slot, work = slot->job] {
    std::this_thread::sleep_until(work->request.not_before);
    auto outcome = reclaimer_->reclaim(*work, stop_.get_token());
    asio::post(io_, [this, slot, ended = std::move(outcome)] { finish(slot, ended); });
  });
}

void ReclaimSlots::finish(Slots::iterator slot, const ReclaimOutcome& outcome) {
  const auto job = std::exchange(slot->job, nullptr);
  if (std::exchange(slot->hangs, false)) --hanging_;
  idle_.splice(idle_.begin(), running_, slot);
  // Threads that were only there in place of hanging ones.
  while (running_.size() + idle_.size() > concurrent_ + hanging_ && !idle_.empty()) idle_.pop_back();
  start_waiting();
  events_.ended(job, outcome);
}

void ReclaimSlots::look(TimePoint now) {
  const auto looked_at = std::exchange(looked_at_, now);
  for (auto& slot : running_) {
    // Where this thread stood still as well, the kernel is not to blame: the process was stopped.
    const auto unseen = now - std::max(looked_at, slot.started);
    if (unseen >= kReclaimPatience) slot.stood_still += unseen;
    const auto due = slot.started + slot.stood_still + slot.job->request.time_budget + kReclaimPatience;
    if (slot.hangs || now < due || hanging_ >= kMostHanging) continue;
    slot.hangs = true;
    ++hanging_;
    events_.hangs(slot.job, slot.started);
  }
  start_waiting();
}

void ReclaimSlots::stop() {
  stop_.request_stop();
  waiting_.clear();
}

bool ReclaimSlots::gets_on() const {
  return hanging_ < kMostHanging && (running_.size() > hanging_ || !waiting_.empty());
}

std::vector<CgroupRef> ReclaimSlots::unfinished() const {
  std::vector<CgroupRef> cgroups;
  for (const auto& slot : running_) cgroups.push_back(slot.job->cgroup);
  for (const auto& job : waiting_) cgroups.push_back(job->cgroup);
  return cgroups;
}

}  // namespace cmm
