// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>
#include <vector>

#include "cgroupfs/reclaimer.hpp"
#include "model/time.hpp"

namespace cmm {

using JobRef = std::shared_ptr<const ReclaimJob>;

/// The threads that reclaim, one job each at a time. A job that hangs in the kernel keeps its thread and
/// loses its slot: another thread takes the slot over, until the kernel comes back. For the thread of the
/// io_context.
class ReclaimSlots {
 public:
  struct Events {
    std::function<void(const JobRef&, const ReclaimOutcome&)> ended;
    /// It has been in the kernel for much longer than its time budget, since then.
    std::function<void(const JobRef&, TimePoint since)> hangs;
  };

  /// `concurrent` jobs run at the same time, the others wait in line. `reclaimer` may be null if nothing is
  /// submitted.
  ReclaimSlots(boost::asio::io_context& io, Reclaimer* reclaimer, unsigned concurrent, Events events);

  void submit(JobRef job);
  /// Another number of slots; what runs goes on.
  void resize(unsigned concurrent);
  /// Looks for jobs that hang. To be called several times a second while one runs: what lies further apart
  /// is taken for a standstill of the whole process.
  void look(TimePoint now);
  /// Asks what runs to stop, and starts nothing more, whatever is submitted.
  void stop();

  [[nodiscard]] bool idle() const { return running_.empty() && waiting_.empty(); }
  /// False where nothing will end in the time that reclaims take: idle, or all that is left hangs.
  [[nodiscard]] bool gets_on() const;
  [[nodiscard]] std::size_t hanging() const { return hanging_; }
  /// What is running or waiting.
  [[nodiscard]] std::vector<CgroupRef> unfinished() const;

 private:
  struct Slot {
    JobRef job;
    TimePoint started{};
    Duration stood_still{};  // with the whole process
    bool hangs = false;
    boost::asio::thread_pool thread{1};
  };
  using Slots = std::list<Slot>;

  void start_waiting();
  void start(JobRef job);
  void finish(Slots::iterator slot, const ReclaimOutcome& outcome);

  boost::asio::io_context& io_;
  Reclaimer* reclaimer_;
  unsigned concurrent_;
  Events events_;
  std::stop_source stop_;
  TimePoint looked_at_{};
  unsigned hanging_ = 0;
  std::deque<JobRef> waiting_;
  Slots idle_;
  Slots running_;
};

}  // namespace cmm
