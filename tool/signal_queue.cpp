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

// SIGPIPE: a reader of the output that has gone is no reason to leave a cgroup behind.
constexpr std::array kToEnd{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
constexpr std::array kOthers{SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD};

}  // namespace

SignalQueue::SignalQueue() {
  ::sigemptyset(&taken_);
  for (const int signal : kToEnd) ::sigaddset(&taken_, signal);
  for (const int signal : kOthers) ::sigaddset(&taken_, signal);
  ::sigprocmask(SIG_BLOCK, &taken_, &before_);
}

SignalQueue::~SignalQueue() { restore_mask(); }

void SignalQueue::restore_mask() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

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

bool asks_to_end(int signal) { return std::ranges::find(kToEnd, signal) != kToEnd.end(); }

void end_if_asked(const SignalQueue& signals) {
  while (const auto info = signals.wait(std::chrono::milliseconds{0})) {
    if (!asks_to_end(info->si_signo)) continue;
    throw Failure{static_cast<ExitCode>(128 + info->si_signo),
                  fmt::format("ended by SIG{} before it began", ::sigabbrev_np(info->si_signo))};
  }
}

}  // namespace cmm::tool
