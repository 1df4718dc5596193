// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <chrono>
#include <optional>

namespace cmm::tool {

/// Blocks the signals that end a command or come from a child, so that they are taken one by one where
/// nothing is half done. While it lives; for one at a time.
class SignalQueue {
 public:
  SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  ~SignalQueue();

  /// The next signal; nothing after `timeout`, or never without one.
  std::optional<siginfo_t> wait(std::optional<std::chrono::milliseconds> timeout) const;
  /// Gives a child the mask that the tool was started with.
  void restore_mask() const;

 private:
  sigset_t taken_{};
  sigset_t before_{};
};

/// True for those that ask to end: SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE.
bool asks_to_end(int signal);

/// Throws Failure (128 + signal) where one of those came since the queue was made: what has not begun need
/// not.
void end_if_asked(const SignalQueue& signals);

}  // namespace cmm::tool
