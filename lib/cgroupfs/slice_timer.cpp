// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice_timer.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/error.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/thread_cpu.hpp"

// glibc before 2.38 names the field only by its place in the union.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace cmm {
namespace {

using Clock = std::chrono::steady_clock;

void unblock_signal() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGRTMIN);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

// Without SA_RESTART, or the kernel would go on with the very write that is to be ended.
void SliceTimer::install_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGRTMIN, &action, nullptr);
}

void SliceTimer::on_signal(int, siginfo_t* info, void*) {
  // Anybody may send the number, but only the kernel says that it was a timer.
  if (info->si_code != SI_TIMER) return;
  const int error = errno;
  static_cast<SliceTimer*>(info->si_value.sival_ptr)->try_again();
  errno = error;
}

SliceTimer::SliceTimer() {
  static const bool installed = (install_handler(), true);
  static_cast<void>(installed);
  unblock_signal();
  stay_on_this_cpu();
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMIN;
  event.sigev_value.sival_ptr = this;
  event.sigev_notify_thread_id = ::gettid();
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) unusable_ = last_error();
}

SliceTimer::~SliceTimer() {
  if (pinned_) ::sched_setaffinity(0, sizeof allowed_, &allowed_);
  if (!unusable_) ::timer_delete(timer_);
}

// A timer fires on the CPU where it was armed. The write sleeps at first, while other CPUs drain their page
// lists, and could wake on another one; on a virtual machine the first may then be without a real CPU, and
// its interrupt late by many slices. Where the thread can't be pinned, a slice is longer at times.
void SliceTimer::stay_on_this_cpu() {
  if (::sched_getaffinity(0, sizeof allowed_, &allowed_) != 0) return;
  const int cpu = ::sched_getcpu();
  if (cpu < 0 || cpu >= CPU_SETSIZE) return;
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<unsigned>(cpu), &here);
  pinned_ = ::sched_setaffinity(0, sizeof here, &here) == 0;
}

void SliceTimer::set(Duration time) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const itimerspec once{{},
                        {static_cast<time_t>(seconds.count()), static_cast<long>((time - seconds).count())}};
  ::timer_settime(timer_, 0, &once, nullptr);
}

void SliceTimer::arm(Duration time) {
  time_ = time;
  set(time);
}

// A signal that is on its way already must not set the timer again.
void SliceTimer::disarm() {
  time_ = Duration::zero();
  set(Duration::zero());
}

// A signal that arrives before the write has entered the kernel ends nothing, and without a next one the
// write would go on to the last page. Each comes after twice the time: a thread that is traced or emulated
// may need longer to handle one than a short slice lasts, and would never get to the next instruction.
void SliceTimer::try_again() {
  if (time_.load() == Duration::zero()) return;
  arm(2 * time_.load());
}

Slice SliceTimer::write(int fd, std::string_view text, Duration limit) {
  Slice slice;
  slice.error = unusable_;
  if (unusable_) return slice;
  const auto cpu_start = thread_cpu_time();
  const auto start = Clock::now();
  arm(limit);
  slice.error = write_control(fd, text);
  disarm();
  slice.took = Clock::now() - start;
  slice.cpu = thread_cpu_time() - cpu_start;
  return slice;
}

}  // namespace cmm
