// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice_timer.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "cgroupfs/control_file.hpp"

// glibc before 2.38 names the field only by its place in the union.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace cmm {
namespace {

using Clock = std::chrono::steady_clock;

// Without SA_RESTART, or the kernel would go on with the very write that is to be ended.
void install_handler() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGRTMIN, &action, nullptr);
}

Duration thread_cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

void unblock_signal() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGRTMIN);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

SliceTimer::SliceTimer() {
  static const bool installed = (install_handler(), true);
  static_cast<void>(installed);
  unblock_signal();
  stay_on_this_cpu();
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMIN;
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

// Periodic, not once: a signal that arrives before the write has entered the kernel ends nothing, and without
// a next one the write would go on to the last page.
void SliceTimer::arm(Duration period) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(period);
  const timespec every{static_cast<time_t>(seconds.count()), static_cast<long>((period - seconds).count())};
  const itimerspec spec{every, every};
  ::timer_settime(timer_, 0, &spec, nullptr);
}

Slice SliceTimer::write(int fd, std::string_view text, Duration limit) {
  Slice slice;
  slice.error = unusable_;
  if (unusable_) return slice;
  const auto cpu_start = thread_cpu_time();
  const auto start = Clock::now();
  arm(limit);
  slice.error = write_control(fd, text);
  arm(Duration::zero());
  slice.took = Clock::now() - start;
  slice.cpu = thread_cpu_time() - cpu_start;
  return slice;
}

}  // namespace cmm
