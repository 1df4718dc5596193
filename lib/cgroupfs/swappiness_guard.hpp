// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "cgroupfs/swappiness_journal.hpp"
#include "model/cgroup.hpp"

namespace cmm {

/// How many cgroups below one, and how many levels of them, a guard goes over. Who made them may be a tenant,
/// in its own container: what lies beyond has to cost others nothing.
inline constexpr std::size_t kMostNested = 1000;
inline constexpr unsigned kDeepestNested = 32;

/// Keeps anonymous memory of a v1 cgroup where it is: sets memory.swappiness to 0 for it and everything below
/// (the kernel asks each child's own value), and puts every value back when it goes.
///
/// A cgroup that is made meanwhile inherits the 0 of its parent; it gets what its parent had.
///
/// A kill at any moment leaves nothing that the next start can't put back: every value is on record before
/// the first is changed, those of children before that of their parent. So a cgroup without a record, below
/// one that has one, was made after it, and its 0 is inherited.
class SwappinessGuard {
 public:
  /// On an error, whatever was changed has been put back. One of them is a nest of more than kMostNested
  /// cgroups or kDeepestNested levels (EMLINK); nothing is changed then.
  static Result<SwappinessGuard> set(SwappinessJournal& journal, int dir, const Cgroup& cgroup);
  SwappinessGuard(SwappinessGuard&&) noexcept = default;
  SwappinessGuard& operator=(SwappinessGuard&&) = delete;
  SwappinessGuard(const SwappinessGuard&) = delete;
  SwappinessGuard& operator=(const SwappinessGuard&) = delete;
  ~SwappinessGuard();

 private:
  /// A cgroup that is walked over: the top or one below it.
  struct Place {
    int dir;
    std::string path;
    CgroupId id;
    unsigned depth;
  };

  SwappinessGuard(SwappinessJournal& journal, int dir, std::string top)
      : journal_(&journal), dir_(dir), top_(std::move(top)) {}
  Result<void> write_down(const Place& place, std::uint64_t value);
  Result<void> record_tree(const Place& place);
  Result<void> silence(const Swappiness& record);
  Result<void> silence_recorded();
  Result<void> silence_new(const Place& place);
  template <class Visit>
  Result<void> for_each_child(const Place& place, const Visit& visit);
  [[nodiscard]] std::string below_top(const std::string& path) const {
    return "." + path.substr(top_.size());
  }
  [[nodiscard]] bool is_recorded(CgroupId id) const;

  SwappinessJournal* journal_;
  int dir_;
  std::string top_;
  std::vector<Swappiness> records_;  // empty in a guard that was moved from
  std::size_t seen_ = 0;             // children, in the walk under way
  bool changing_ = false;            // all records are written: values may be 0 from now on
};

/// Puts back what dead processes left at 0, and gives what inherited it its parent's value. A value that is
/// no longer 0 was changed by somebody else since, and stays. `mount` is where the hierarchy is mounted.
void restore_orphans(SwappinessJournal& journal, const std::string& mount);

}  // namespace cmm
