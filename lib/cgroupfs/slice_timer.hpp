// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <ctime>
#include <string_view>

#include "cgroupfs/slice.hpp"
#include "model/time.hpp"

namespace cmm {

/// Ends a system call of the thread that made it after a set time, by a signal to this one thread (EINTR).
/// Make it, use it and destroy it on one thread. Installs a handler that does nothing for SIGRTMIN in the
/// process.
class SliceTimer {
 public:
  SliceTimer();
  ~SliceTimer();
  SliceTimer(const SliceTimer&) = delete;
  SliceTimer& operator=(const SliceTimer&) = delete;

  /// One write of `text` to the control file, ended after about `limit`.
  Slice write(int fd, std::string_view text, Duration limit);

 private:
  void arm(Duration period);

  void stay_on_this_cpu();

  timer_t timer_{};
  cpu_set_t allowed_{};  // the thread's CPUs before, to be given back
  bool pinned_ = false;
  std::error_code unusable_;  // no timer could be made; then nothing is written at all
};

}  // namespace cmm
