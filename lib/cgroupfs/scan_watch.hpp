// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "model/cgroup.hpp"
#include "model/decision.hpp"

namespace cmm {

/// Cgroups, by path, on which a call hangs in the kernel or did so lately, and since when. Nothing is tried
/// on them or below them.
using Quarantine = std::map<std::string, Stuck, std::less<>>;

/// Thrown out of a scan that was taken over while it hung.
struct TakenOver {};

/// Lets a second thread see whether a scan gets on, and take over from it where it doesn't. Any call on a
/// cgroup's file may hang in the kernel, and nothing gets a thread back from there; so it is left to hang,
/// and someone else scans.
///
/// A scan is taken over inside of such a call and nowhere else. A thread that stands still anywhere else (a
/// stopped process, a CPU quota) may be in the middle of what its successor would get.
class ScanWatch {
 public:
  /// By the scanning thread: `calls` on the files of `cgroup`, which may hang. They must touch nothing that a
  /// successor takes over, and their result may be thrown away. Throws TakenOver.
  template <class Calls>
  auto call(const CgroupRef& cgroup, const Calls& calls) {
    enter(cgroup);
    auto result = calls();
    leave();
    return result;
  }

  /// By the watching thread: another number each time that the scan got on.
  [[nodiscard]] std::uint64_t step() const { return state_.load(std::memory_order_acquire); }

  /// By the watching thread: takes over where the scan is still at `step` and in a call, and returns the
  /// cgroup that it hangs on; null where it isn't. All that the scan did before the call is seen then.
  CgroupRef take_over(std::uint64_t step) {
    const bool in_call = (step & (kInCall | kTaken)) == kInCall;
    if (!in_call || !state_.compare_exchange_strong(step, step | kTaken, std::memory_order_acq_rel))
      return {};
    return at_;
  }

 private:
  // One word, so that it is one step for the two threads.
  static constexpr std::uint64_t kTaken = 1;
  static constexpr std::uint64_t kInCall = 2;
  static constexpr std::uint64_t kStep = 4;

  void enter(const CgroupRef& cgroup) {
    if ((state_.load(std::memory_order_relaxed) & kTaken) != 0) throw TakenOver{};
    if (at_ != cgroup) at_ = cgroup;
    state_.fetch_add(kStep + kInCall, std::memory_order_release);
  }
  void leave() {
    if ((state_.fetch_add(kStep - kInCall, std::memory_order_acq_rel) & kTaken) != 0) throw TakenOver{};
  }

  std::atomic<std::uint64_t> state_ = 0;
  // Written outside of calls and by the scanning thread only; read by the other one once it has taken over.
  CgroupRef at_;
};

}  // namespace cmm
