// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "tool/signal_queue.hpp"

namespace cmm::tool {

/// A child process in a cgroup: it joins before it does anything else. Killed at the end of the object's life
/// if it still runs, and by the kernel if the tool dies where it is `bound`.
class ConfinedProcess {
 public:
  enum class Life { own, bound };

  /// `body` is all that the child does; it returns the exit code. Throws Failure where the child can't join.
  ConfinedProcess(const std::string& path, const SignalQueue& signals, Life life,
                  const std::function<int()>& body);
  ConfinedProcess(const ConfinedProcess&) = delete;
  ConfinedProcess& operator=(const ConfinedProcess&) = delete;
  ~ConfinedProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int signal) const;
  /// How it ended, as wait(2) tells; nothing while it runs.
  std::optional<int> status();

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// What a shell would return for this end: the exit code, or 128 + signal.
int exit_code_of(int status);

}  // namespace cmm::tool
