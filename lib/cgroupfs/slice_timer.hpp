// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>
#include <signal.h>

#include <atomic>
#include <ctime>
#include <string_view>

#include "cgroupfs/slice.hpp"
#include "model/time.hpp"

namespace cmm {

/// Ends a system call of the thread that made it after a set time, by a signal to this one thread (EINTR).
/// Make it, use it and destroy it on one thread. Installs a handler for SIGRTMIN in the process.
class SliceTimer {
 public:
  SliceTimer();
  ~SliceTimer();
  SliceTimer(const SliceTimer&) = delete;
  SliceTimer& operator=(const SliceTimer&) = delete;

  /// One write of `text` to the control file, ended after about `limit`.
  Slice write(int fd, std::string_view text, Duration limit);

 private:
  static void install_handler();
  static void on_signal(int, siginfo_t* info, void*);

  void set(Duration time) const;
  void arm(Duration time);
  void disarm();
  void try_again();
  void stay_on_this_cpu();

  timer_t timer_{};
  std::atomic<Duration> time_{Duration::zero()};  // until the next signal; zero after the write
  static_assert(decltype(time_)::is_always_lock_free, "or a signal handler must not touch it");
  cpu_set_t allowed_{};  // the thread's CPUs before, to be given back
  bool pinned_ = false;
  std::error_code unusable_;  // no timer could be made; then nothing is written at all
};

}  // namespace cmm
