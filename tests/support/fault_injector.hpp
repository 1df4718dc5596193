// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

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
/// by the test, which lets it go on or has it fail. By seccomp's user notifications (seccomp_unotify(2)),
/// which need no special build and, unlike ptrace, leave the threads' other calls alone.
///
/// A signal that comes while a call waits for its answer would end the call with EINTR, as if it had been let
/// go on; so the wait is killable only, where the kernel can do that (Linux 5.19).
class FaultInjector {
 public:
  /// The errno with which a call fails; 0: it goes on.
  using Plan = std::function<int(const FileCall&)>;

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
  /// Lets every call go on.
  void lift() { set({}); }

  /// The calls that were seen since the last time, in their order.
  std::vector<FileCall> take_calls();

 private:
  void serve();
  int judge(const FileCall& call);

  std::string directory_;
  std::vector<sock_filter> filter_;
  UniqueFd to_parent_, from_child_;  // for the descriptor on which notifications come
  UniqueFd stop_;
  std::mutex mutex_;
  Plan plan_;
  std::vector<FileCall> calls_;
  std::thread thread_;
};

}  // namespace cmm::test
