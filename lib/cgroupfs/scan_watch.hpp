// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "model/cgroup.hpp"
#include "model/time.hpp"

namespace cmm {

/// Cgroups, by path, on which a call hangs in the kernel or did so lately, and since when. Nothing is tried
/// on them or below them.
using Quarantine = std::map<std::string, TimePoint, std::less<>>;

/// Thrown out of a scan that was taken over while it hung.
struct TakenOver {};

/// Lets a second thread see whether a scan gets on, and take over from it where it doesn't. Any call on a
/// cgroup's file may hang in the kernel, and nothing gets a thread back from there; so it is left to hang,
/// and someone else scans.
class ScanWatch {
 public:
  /// By the scanning thread, before calls on `cgroup`; it has to live until the next call of this or of
  /// confirm(). Throws TakenOver.
  void begin(const Cgroup& cgroup) {
    at_.store(&cgroup, std::memory_order_relaxed);
    confirm();
  }

  /// By the scanning thread, after calls that may have hung and before it touches what its successor may have
  /// by now. Throws TakenOver.
  void confirm() {
    if ((step_.fetch_add(kStep, std::memory_order_acq_rel) & kTaken) != 0) throw TakenOver{};
  }

  /// By the scanning thread, when it is done. Throws TakenOver.
  void end() {
    at_.store(nullptr, std::memory_order_relaxed);
    confirm();
  }

  /// By the watching thread: another number each time that the scan got on.
  [[nodiscard]] std::uint64_t step() const { return step_.load(std::memory_order_acquire); }

  /// By the watching thread: takes over where the scan is still at `step`, and returns the cgroup that it
  /// hangs on, which lives as long as the engine of that scan; nullptr where it got on meanwhile, or hangs on
  /// no cgroup.
  const Cgroup* take_over(std::uint64_t step) {
    const auto* cgroup = at_.load(std::memory_order_relaxed);
    if (cgroup == nullptr) return nullptr;
    return step_.compare_exchange_strong(step, step | kTaken, std::memory_order_acq_rel) ? cgroup : nullptr;
  }

 private:
  static constexpr std::uint64_t kTaken = 1;
  static constexpr std::uint64_t kStep = 2;

  std::atomic<std::uint64_t> step_ = 0;
  std::atomic<const Cgroup*> at_ = nullptr;
};

}  // namespace cmm
