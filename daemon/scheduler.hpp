// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "cgroupfs/reclaimer.hpp"
#include "engine/engine.hpp"
#include "model/time.hpp"

namespace cmm {

/// What the scheduler tells; every function is called on the thread of run().
struct SchedulerEvents {
  std::function<void(const ScanReport&)> scanned;
  std::function<void(const ReclaimJob&, const ReclaimOutcome&)> reclaimed;
  std::function<void(Duration took)> overran;  ///< a scan took longer than the interval: some were left out
};

/// What didn't end in time when the scheduler was asked to stop: it hangs in the kernel.
struct Hanging {
  bool scan = false;
  std::vector<CgroupRef> reclaims;
  [[nodiscard]] bool none() const { return !scan && reclaims.empty(); }
};

/// Drives the engine: an Asio timer loop, one lane for scans, a few workers for reclaims. A worker that hangs
/// in the kernel costs its slot and nothing else.
class Scheduler {
 public:
  /// `reclaimer` may be null in a dry run.
  Scheduler(Engine engine, Reclaimer* reclaimer, Duration interval, SchedulerEvents events);

  /// Scans until SIGTERM or SIGINT; with `once`, until the first scan's reclaims have ended. Where something
  /// hangs this object can't be destroyed without waiting for it, and the process had better leave by _exit.
  Hanging run(bool once);

 private:
  using JobRef = std::shared_ptr<const ReclaimJob>;

  // On the thread of run():
  void arm(TimePoint deadline);
  void begin_scan(TimePoint deadline);
  void finish_scan(TimePoint deadline, Scan scan);
  void arm_next(TimePoint deadline, Duration took);
  void finish_reclaim(const JobRef& job, const ReclaimOutcome& outcome);
  void await_signal();
  void stop();
  void leave_when_idle();

  // On a worker:
  void reclaim(const JobRef& job);

  boost::asio::io_context io_;
  boost::asio::steady_timer timer_{io_};
  boost::asio::signal_set signals_{io_};
  Engine engine_;
  Reclaimer* reclaimer_;
  Duration interval_;
  SchedulerEvents events_;

  std::stop_source stop_;
  bool once_ = false;
  bool stopping_ = false;
  bool scanning_ = false;
  std::unordered_map<CgroupId, CgroupRef, CgroupId::Hash> in_flight_;

  static constexpr std::size_t kWorkers = 2;

  // Last, so that their threads have ended before anything goes that they use; the workers post to the lane.
  boost::asio::thread_pool lane_{1};  // the only thread that touches engine_
  boost::asio::thread_pool workers_{kWorkers};
};

}  // namespace cmm
