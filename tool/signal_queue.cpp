// SPDX-License-Identifier: Apache-2.0
#include "tool/signal_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "tool/failure.hpp"

namespace cmm::tool {
namespace {

// Faults of the program, which a blocked signal wouldn't stop, and what stops it.
constexpr std::array kLeft{SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP,
                           SIGSYS,  SIGABRT, SIGTSTP, SIGTTIN, SIGTTOU};
// signal(7): those of which the default is to be ignored or to go on.
constexpr std::array kHarmless{SIGCHLD, SIGCONT, SIGURG, SIGWINCH};

}  // namespace

SignalQueue::SignalQueue(std::initializer_list<int> also) {
  ::sigfillset(&taken_);
  for (const int signal : kLeft) ::sigdelset(&taken_, signal);
  for (const int signal : also) ::sigaddset(&taken_, signal);
  ::sigprocmask(SIG_BLOCK, &taken_, &before_);
}

SignalQueue::~SignalQueue() {
  // One that is still there would act as soon as it is no longer blocked, and what was done would be reported
  // as having been ended by it: an error output without a reader is enough.
  while (wait(std::chrono::milliseconds{0})) {
  }
  restore_mask();
}

void SignalQueue::restore_mask() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

void SignalQueue::let_act(int signal) const {
  sigset_t one{};
  ::sigemptyset(&one);
  ::sigaddset(&one, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
  ::sigprocmask(SIG_BLOCK, &one, nullptr);
}

std::optional<siginfo_t> SignalQueue::wait(std::optional<std::chrono::milliseconds> timeout) const {
  siginfo_t info{};
  timespec time{};
  if (timeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*timeout);
    time = {seconds.count(), std::chrono::nanoseconds{*timeout - seconds}.count()};
  }
  const int signal = timeout ? ::sigtimedwait(&taken_, &info, &time) : ::sigwaitinfo(&taken_, &info);
  return signal > 0 ? std::optional{info} : std::nullopt;
}

bool asks_to_end(int signal) {
  const auto is_in = [&](const auto& list) { return std::ranges::find(list, signal) != list.end(); };
  return !is_in(kHarmless) && !is_in(kLeft);
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

void end_if_asked(const SignalQueue& signals) {
  while (const auto info = signals.wait(std::chrono::milliseconds{0})) {
    if (!asks_to_end(info->si_signo)) continue;
    throw Failure{static_cast<ExitCode>(128 + info->si_signo),
                  fmt::format("ended by {} before it began", signal_name(info->si_signo))};
  }
}

}  // namespace cmm::tool
