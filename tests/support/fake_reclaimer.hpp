// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cgroupfs/reclaimer.hpp"

namespace cmm::test {

/// In the kernel's place: frees what it is asked for at once, unless it was told otherwise. For any thread.
class FakeReclaimer final : public Reclaimer {
 public:
  ReclaimOutcome reclaim(const ReclaimJob& job, std::stop_token stop) override {
    const auto& path = job.cgroup->path;
    ReclaimOutcome outcome;
    outcome.started_at = std::chrono::steady_clock::now();
    outcome.requested = job.request.bytes;
    std::unique_lock lock{mutex_};
    begun_.push_back(path);
    most_ = std::max(most_, ++running_);
    changed_.wait(lock, [&] { return !hanging_.contains(path); });
    // As slices do: they end when asked to.
    while (slow_.contains(path) && !stop.stop_requested()) {
      changed_.wait_for(lock, std::chrono::milliseconds{1});
    }
    --running_;
    outcome.end = end_of(path, stop);
    if (outcome.end == ReclaimEnd::failed) {
      outcome.error = Error{std::make_error_code(std::errc::io_error), "write", path};
    }
    if (outcome.end == ReclaimEnd::target_reached) outcome.freed = job.request.bytes;
    outcome.duration = std::chrono::steady_clock::now() - outcome.started_at;
    return outcome;
  }

  /// Reclaims of this cgroup heed nothing until it is released.
  void hang(const std::string& path) {
    change(hanging_, [&](auto& paths) { paths.insert(path); });
  }
  /// … are in slices without end until it is released.
  void slow_down(const std::string& path) {
    change(slow_, [&](auto& paths) { paths.insert(path); });
  }
  void release(const std::string& path) {
    change(hanging_, [&](auto& paths) { paths.erase(path); });
    change(slow_, [&](auto& paths) { paths.erase(path); });
  }
  void release_all() {
    change(hanging_, [](auto& paths) { paths.clear(); });
    change(slow_, [](auto& paths) { paths.clear(); });
  }
  /// … end like this.
  void end_with(const std::string& path, ReclaimEnd end) {
    change(ends_, [&](auto& ends) { ends[path] = end; });
  }

  /// The cgroups whose reclaims have begun, in order.
  std::vector<std::string> begun() {
    const std::lock_guard lock{mutex_};
    return begun_;
  }
  unsigned running() {
    const std::lock_guard lock{mutex_};
    return running_;
  }
  /// How many there were at the same time.
  unsigned most() {
    const std::lock_guard lock{mutex_};
    return most_;
  }

 private:
  template <class Set, class Change>
  void change(Set& set, const Change& how) {
    const std::lock_guard lock{mutex_};
    how(set);
    changed_.notify_all();
  }

  ReclaimEnd end_of(const std::string& path, const std::stop_token& stop) const {
    if (slow_.contains(path) && stop.stop_requested()) return ReclaimEnd::stopped;
    const auto end = ends_.find(path);
    return end != ends_.end() ? end->second : ReclaimEnd::target_reached;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> hanging_;
  std::set<std::string> slow_;
  std::map<std::string, ReclaimEnd> ends_;
  std::vector<std::string> begun_;
  unsigned running_ = 0;
  unsigned most_ = 0;
};

}  // namespace cmm::test
