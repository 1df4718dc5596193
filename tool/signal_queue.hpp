// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>

namespace cmm::tool {

/// Blocks the signals, so that they are taken one by one where nothing is half done: all but those that say
/// that the program itself is broken, and those that stop it, which does no harm. While it lives; for one at
/// a time. What came and was not taken is dropped at its end.
class SignalQueue {
 public:
  /// `also`: those that stop the program and are to be taken as well.
  explicit SignalQueue(std::initializer_list<int> also = {});
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  ~SignalQueue();

  /// The next signal; nothing after `timeout`, or never without one.
  std::optional<siginfo_t> wait(std::optional<std::chrono::milliseconds> timeout) const;
  /// Gives a child the mask that the tool was started with.
  void restore_mask() const;
  /// Lets a signal that was taken do what it would have done.
  void let_act(int signal) const;

 private:
  sigset_t taken_{};
  sigset_t before_{};
};

/// True for those that end a program that does nothing about them.
bool asks_to_end(int signal);

/// "SIGTERM"; "signal 40" where it has no name.
std::string signal_name(int signal);

/// Throws Failure (128 + signal) where one of those came since the queue was made: what has not begun need
/// not.
void end_if_asked(const SignalQueue& signals);

}  // namespace cmm::tool
