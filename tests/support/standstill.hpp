// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

namespace cmm::test {

/// Something that makes a process stand still, and go on.
class Standstill {
 public:
  Standstill() = default;
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;
  virtual ~Standstill() = default;

  /// Returns when no thread of it runs any more.
  virtual void begin() = 0;
  virtual void end() = 0;
};

/// By SIGSTOP and SIGCONT.
std::unique_ptr<Standstill> by_signal(pid_t process);

/// By the freezer of cgroup v2, which is what the kernel does to processes before a suspend; v1 machines have
/// that hierarchy too, without memory. Null where none is mounted. The process stays in a cgroup of its own
/// until it has ended, which has to be before the object goes.
std::unique_ptr<Standstill> by_freezer(pid_t process);

}  // namespace cmm::test
