// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"

namespace cmm::test {

/// A system call that a program made on a file below the injector's directory.
struct FileCall {
  std::string name;  ///< "openat", "pread64", …
  std::string path;  ///< absolute

  friend bool operator==(const FileCall&, const FileCall&) = default;
  friend auto operator<=>(const FileCall&, const FileCall&) = default;
};

/// The names of all calls that an injector can see: those on files that the daemon makes.
const std::vector<std::string>& file_call_names();

/// Stands between a program and the kernel: every call of the chosen names on a file below a directory goes
/// by the test, which lets it go on, has it fail, or lets it hang. By seccomp's user notifications
/// (seccomp_unotify(2)), which need no special build and, unlike ptrace, leave the threads' other calls
/// alone.
///
/// A signal that comes while a call waits for its answer would end the call with EINTR, as if it had been let
/// go on; so the wait is killable only, where the kernel can do that (Linux 5.19).
class FaultInjector {
 public:
  /// The errno with which a call fails; 0: it goes on; kWaits: it waits until it is let go.
  using Plan = std::function<int(const FileCall&)>;
  static constexpr int kWaits = -1;

  /// Sees calls of these names on what lies in `directory`, or is it.
  FaultInjector(std::string directory, const std::vector<std::string>& names);
  FaultInjector(const FaultInjector&) = delete;
  FaultInjector& operator=(const FaultInjector&) = delete;
  /// The program has to have ended.
  ~FaultInjector();

  /// In the child that becomes the program: from here on its calls are seen. Async-signal-safe; false where
  /// the kernel refuses.
  bool install() const;
  /// In the parent, after the fork: begins to answer.
  void answer();

  /// From now on calls are answered by this plan, which is called on a thread of the injector's, one call at
  /// a time.
  void set(Plan plan);
  /// From now on calls on these files hang; a path that ends in a slash: on all that is in this directory.
  void hold(std::vector<std::string> paths);
  /// Lets every call go on, those that hang as well.
  void lift();

  /// The calls that were seen since the last time, in their order.
  std::vector<FileCall> take_calls();

 private:
  void serve();
  void answer_next();
  int judge(std::uint64_t id, const FileCall& call);
  void send(std::uint64_t id, int error) const;

  std::string directory_;
  std::vector<sock_filter> filter_;
  UniqueFd to_parent_, from_child_;  // for the descriptor on which notifications come
  UniqueFd stop_;
  UniqueFd listener_;
  std::mutex mutex_;  // of all that follows but the thread
  Plan plan_;
  std::vector<std::uint64_t> waiting_;  // the kernel's ids of calls
  std::vector<FileCall> calls_;
  std::thread thread_;
};

}  // namespace cmm::test
