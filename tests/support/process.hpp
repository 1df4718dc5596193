// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// How a program ended: by itself with a code, or by a signal.
struct ExitStatus {
  int code = -1;   ///< what it returned; -1: a signal ended it
  int signal = 0;  ///< the signal that ended it; 0: none

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// What to start. `command[0]` is searched in PATH like a shell does.
struct Command {
  std::vector<std::string> command;
  std::vector<std::string> environment{};  ///< "NAME=value", on top of the environment of the test
  std::string directory{};                 ///< to start in; empty: that of the test
  /// Called in the child, right before it becomes the program; async-signal-safe. False: it isn't started.
  std::function<bool()> before_exec{};
};

/// A program that a test started. It leads a process group of its own; whatever of the group still lives when
/// the object goes is killed, and the kernel kills the program if the test itself dies. Standard input is
/// /dev/null, both outputs are kept. To be used from the thread that made it. Throws std::system_error when
/// the program can't be started.
class Process {
 public:
  explicit Process(const Command& what);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Sends a signal to the program (not to its group); nothing happens once it has ended.
  void send_signal(int signal) const;

  /// Waits for the end and takes in the output meanwhile; nullopt: it still runs after `timeout`.
  std::optional<ExitStatus> wait(std::chrono::milliseconds timeout);

  /// Waits until the output or the error output contains `text`; false: `timeout` or the end came first.
  bool wait_for_output(std::string_view text, std::chrono::milliseconds timeout);
  /// … until it says that something is so, which is asked only when there is more of it.
  bool wait_until_output(const std::function<bool()>& says_so, std::chrono::milliseconds timeout);

  /// What it wrote to standard output up to the last wait.
  [[nodiscard]] const std::string& out() const { return out_; }
  /// What it wrote to standard error up to the last wait.
  [[nodiscard]] const std::string& err() const { return err_; }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  void poll_once(Deadline until);
  void drain();
  void reap();

  pid_t pid_ = -1;
  UniqueFd pidfd_, out_pipe_, err_pipe_;
  std::string out_, err_;
  std::optional<ExitStatus> status_;
};

/// What a program that was run to its end left behind.
struct Finished {
  ExitStatus status;
  std::string out, err;
  bool timed_out = false;  ///< it was killed after the timeout; `status` then says nothing
};

/// Starts a program and waits for its end.
Finished run(const Command& what, std::chrono::milliseconds timeout = std::chrono::seconds{10});

}  // namespace cmm::test
