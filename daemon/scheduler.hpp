// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cgroupfs/reclaimer.hpp"
#include "daemon/reclaim_slots.hpp"
#include "daemon/scan_lane.hpp"
#include "engine/engine.hpp"
#include "model/time.hpp"

namespace cmm {

/// What the scheduler tells; every function is called on the thread of run().
struct SchedulerEvents {
  std::function<void(const std::shared_ptr<const ScanReport>&)> scanned;
  std::function<void(const ReclaimJob&, const ReclaimOutcome&)> reclaimed;
  /// A scan took longer than the time after which the next one was due: some were left out.
  std::function<void(Duration took, Duration due_after)> overran;
  std::function<void(const Cgroup&)> scan_hangs;  ///< the kernel doesn't come back from this cgroup
  std::function<void(const Cgroup&, Duration hung)> scan_came_back;
  std::function<void(const Cgroup&)> reclaim_hangs;
  std::function<void()> reload_asked;  ///< SIGHUP
  std::function<void()> stopping;      ///< SIGTERM or SIGINT
};

/// What didn't end in time when the scheduler was asked to stop: it hangs in the kernel.
struct Hanging {
  bool scan = false;
  std::vector<CgroupRef> reclaims;
  [[nodiscard]] bool none() const { return !scan && reclaims.empty(); }
};

/// How what runs is looked after.
struct Vigil {
  /// How often a scan or a reclaim that is running is looked at; an idle daemon sleeps.
  Duration period = std::chrono::milliseconds{250};
  /// SIGTERM has to end the process within a second, also while a reclaim hangs; slices last milliseconds.
  Duration grace = std::chrono::milliseconds{700};
  /// By which it is judged what hangs.
  std::function<TimePoint()> now = [] { return std::chrono::steady_clock::now(); };
};

/// Drives the engine: an Asio timer loop, one lane for scans, a few slots for reclaims. What hangs in the
/// kernel costs its cgroup and nothing else.
class Scheduler {
 public:
  /// `reclaimer` may be null in a dry run.
  Scheduler(boost::asio::io_context& io, const EngineSetup& setup, Reclaimer* reclaimer,
            SchedulerEvents events, Vigil vigil = {});

  /// Scans until SIGTERM or SIGINT; with `once`, until the first scan's reclaims have ended or hang. Where
  /// something hangs this object can't be destroyed without waiting for it, and the process had better leave
  /// by _exit.
  Hanging run(bool once);

  /// Goes on with another setup, and scans at once, or as soon as the scan that runs has ended.
  void change(const EngineSetup& setup);

  /// How many reclaims hang in the kernel.
  [[nodiscard]] std::size_t hanging_reclaims() const { return slots_.hanging(); }

  /// False where the scan that runs has come no further for seconds, or the next one is overdue: then nothing
  /// is looked after any more.
  [[nodiscard]] bool gets_on(TimePoint now) const;

 private:
  void arm(TimePoint deadline);
  void arm_watch();
  void begin_scan();
  void finish_scan(Scan scan);
  void arm_next(const ScanReport& report);
  void finish_reclaim(const JobRef& job, const ReclaimOutcome& outcome);
  void tell_hanging(const ReclaimJob& job, TimePoint since);
  void await_signal();
  void await_reload();
  void stop();
  void leave_when_idle();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_{io_};
  boost::asio::steady_timer watch_timer_{io_};
  boost::asio::signal_set signals_{io_};
  boost::asio::signal_set reload_signal_{io_};
  SchedulerEvents events_;
  Vigil vigil_;

  bool once_ = false;
  bool stopping_ = false;
  bool watching_ = false;
  TimePoint next_{};                    // the next scan's deadline, while none runs
  std::vector<ScanLane::Ended> ended_;  // reclaims that the engine doesn't know of yet

  // Last, so that their threads have ended before anything goes that they use.
  ScanLane lane_;
  ReclaimSlots slots_;
};

}  // namespace cmm
