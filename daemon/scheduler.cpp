// SPDX-License-Identifier: Apache-2.0
#include "daemon/scheduler.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

namespace cmm {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// SIGTERM has to end the process within a second, also while a reclaim hangs; slices last milliseconds.
constexpr auto kGrace = std::chrono::milliseconds{700};

}  // namespace

Scheduler::Scheduler(Engine engine, Reclaimer* reclaimer, Duration interval, SchedulerEvents events)
    : engine_(std::move(engine)), reclaimer_(reclaimer), interval_(interval), events_(std::move(events)) {}

Hanging Scheduler::run(bool once) {
  once_ = once;
  await_signal();
  begin_scan(Clock::now());
  io_.run();

  Hanging hanging{.scan = scanning_, .reclaims = {}};
  for (const auto& [id, cgroup] : in_flight_) hanging.reclaims.push_back(cgroup);
  return hanging;
}

void Scheduler::arm(TimePoint deadline) {
  timer_.expires_at(deadline);
  timer_.async_wait([this, deadline](boost::system::error_code error) {
    if (!error) begin_scan(deadline);
  });
}

void Scheduler::begin_scan(TimePoint deadline) {
  scanning_ = true;
  asio::post(lane_, [this, deadline] {
    auto scan = std::make_shared<Scan>(engine_.scan(Clock::now()));
    asio::post(io_, [this, deadline, scan] { finish_scan(deadline, std::move(*scan)); });
  });
}

void Scheduler::finish_scan(TimePoint deadline, Scan scan) {
  scanning_ = false;
  events_.scanned(scan.report);
  for (auto& each : scan.jobs) {
    const auto job = std::make_shared<const ReclaimJob>(std::move(each));
    in_flight_.emplace(job->cgroup->id, job->cgroup);
    asio::post(workers_, [this, job] { reclaim(job); });
  }
  if (stopping_ || once_) return leave_when_idle();
  arm_next(deadline, scan.report.took);
}

// Deadlines lie on a fixed grid, so that the time a scan takes doesn't add to the interval. Those that were
// missed are left out, not made up for.
void Scheduler::arm_next(TimePoint deadline, Duration took) {
  auto next = deadline + interval_;
  const auto now = Clock::now();
  if (next <= now) {
    events_.overran(took);
    next += ((now - next) / interval_ + 1) * interval_;
  }
  arm(next);
}

void Scheduler::reclaim(const JobRef& job) {
  // At most the jitter of a scan's timer: see kScanJitter.
  std::this_thread::sleep_until(job->request.not_before);
  const auto outcome = reclaimer_->reclaim(*job, stop_.get_token());
  asio::post(lane_, [this, job, outcome] { engine_.record(job->cgroup->id, outcome); });
  asio::post(io_, [this, job, outcome] { finish_reclaim(job, outcome); });
}

void Scheduler::finish_reclaim(const JobRef& job, const ReclaimOutcome& outcome) {
  in_flight_.erase(job->cgroup->id);
  events_.reclaimed(*job, outcome);
  if (stopping_ || once_) leave_when_idle();
}

void Scheduler::await_signal() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (!error) stop();
  });
}

void Scheduler::stop() {
  stopping_ = true;
  stop_.request_stop();
  timer_.expires_after(kGrace);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) io_.stop();
  });
  leave_when_idle();
}

void Scheduler::leave_when_idle() {
  if (!scanning_ && in_flight_.empty()) io_.stop();
}

}  // namespace cmm
