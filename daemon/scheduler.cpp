// SPDX-License-Identifier: Apache-2.0
#include "daemon/scheduler.hpp"

#include <chrono>
#include <csignal>
#include <utility>

namespace cmm {
namespace {

using Clock = std::chrono::steady_clock;

// A scan that hangs is taken over after half a second; this is where that doesn't help any more.
constexpr auto kLongestStandstill = std::chrono::seconds{5};

}  // namespace

Scheduler::Scheduler(boost::asio::io_context& io, const EngineSetup& setup, Reclaimer* reclaimer,
                     SchedulerEvents events, Vigil vigil)
    : io_(io),
      events_(std::move(events)),
      vigil_(std::move(vigil)),
      lane_(io_, setup,
            {.scanned = [this](Scan scan) { finish_scan(std::move(scan)); },
             .hangs = [this](const Cgroup& cgroup) { events_.scan_hangs(cgroup); },
             .came_back = [this](const Cgroup& cgroup,
                                 Duration hung) { events_.scan_came_back(cgroup, hung); }}),
      slots_(io_, reclaimer, setup.budget.concurrent,
             {.ended = [this](const JobRef& job,
                              const ReclaimOutcome& outcome) { finish_reclaim(job, outcome); },
              .hangs = [this](const JobRef& job, TimePoint since) { tell_hanging(*job, since); }}) {
  // From now on, and not from the first scan on: until then a signal would end the process where it stands.
  await_signal();
  if (events_.reload_asked) await_reload();
}

Hanging Scheduler::run(bool once) {
  once_ = once;
  begin_scan();
  io_.run();
  return {.scan = lane_.has_hanging(), .reclaims = slots_.unfinished()};
}

void Scheduler::change(const EngineSetup& setup) {
  lane_.change(setup);
  slots_.resize(setup.budget.concurrent);
  if (!stopping_ && !lane_.scanning()) arm(Clock::now());
}

bool Scheduler::gets_on(TimePoint now) const {
  if (lane_.scanning()) return now - lane_.last_step() < kLongestStandstill;
  return stopping_ || now < next_ + kLongestStandstill;
}

void Scheduler::arm(TimePoint deadline) {
  next_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([this](boost::system::error_code error) {
    // What was due when a reload or the end came has been called off too late: it is in the queue by then.
    const bool is_stale = stopping_ || lane_.scanning() || Clock::now() < next_;
    if (!error && !is_stale) begin_scan();
  });
}

void Scheduler::arm_watch() {
  if (std::exchange(watching_, true)) return;
  watch_timer_.expires_after(vigil_.period);
  watch_timer_.async_wait([this](boost::system::error_code error) {
    watching_ = false;
    if (error) return;
    const auto now = vigil_.now();
    lane_.look(now);
    slots_.look(now);
    if (lane_.scanning() || !slots_.idle()) arm_watch();
  });
}

void Scheduler::begin_scan() {
  lane_.begin(std::exchange(ended_, {}));
  arm_watch();
}

void Scheduler::finish_scan(Scan scan) {
  const auto report = std::make_shared<const ScanReport>(std::move(scan.report));
  events_.scanned(report);
  for (auto& job : scan.jobs) slots_.submit(std::make_shared<const ReclaimJob>(std::move(job)));
  if (stopping_ || once_) return leave_when_idle();
  // This one didn't know of it yet.
  if (lane_.is_changed()) return arm(Clock::now());
  arm_next(*report);
}

// Counted from the start of the scan, so that the time it takes doesn't add to the interval, and from when it
// did start: the end of a cooldown was. Scans that were missed are left out, not made up for.
void Scheduler::arm_next(const ScanReport& report) {
  auto next = report.at + report.next_in;
  const auto now = Clock::now();
  if (next <= now) {
    events_.overran(now - report.at, report.next_in);
    next += ((now - next) / report.next_in + 1) * report.next_in;
  }
  arm(next);
}

void Scheduler::finish_reclaim(const JobRef& job, const ReclaimOutcome& outcome) {
  lane_.end_isolation(job->cgroup->path);
  ended_.emplace_back(job, outcome);
  events_.reclaimed(*job, outcome);
  if (stopping_ || once_) leave_when_idle();
}

void Scheduler::tell_hanging(const ReclaimJob& job, TimePoint since) {
  lane_.isolate(job.cgroup->path, since);
  events_.reclaim_hangs(*job.cgroup);
  if (once_) leave_when_idle();
}

void Scheduler::await_signal() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (!error) stop();
  });
}

void Scheduler::await_reload() {
  reload_signal_.add(SIGHUP);
  reload_signal_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    if (!stopping_) events_.reload_asked();
    await_reload();
  });
}

void Scheduler::stop() {
  stopping_ = true;
  if (events_.stopping) events_.stopping();
  slots_.stop();
  timer_.expires_after(vigil_.grace);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) io_.stop();
  });
  leave_when_idle();
}

void Scheduler::leave_when_idle() {
  // With `once` somebody waits for the report, and what hangs may never end.
  const bool idle = once_ ? !slots_.gets_on() : slots_.idle();
  if (!lane_.scanning() && idle) io_.stop();
}

}  // namespace cmm
