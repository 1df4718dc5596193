// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "cgroupfs/swappiness_journal.hpp"
#include "model/cgroup.hpp"

namespace cmm {

/// Keeps anonymous memory of a v1 cgroup where it is: sets memory.swappiness to 0 for it and everything below
/// (the kernel asks each child's own value), and puts every value back when it goes.
///
/// A cgroup that is made meanwhile inherits the 0 of its parent; it gets what its parent had.
class SwappinessGuard {
 public:
  /// On an error, whatever was changed has been put back.
  static Result<SwappinessGuard> set(SwappinessJournal& journal, int dir, const Cgroup& cgroup);
  SwappinessGuard(SwappinessGuard&&) noexcept = default;
  SwappinessGuard& operator=(SwappinessGuard&&) = delete;
  SwappinessGuard(const SwappinessGuard&) = delete;
  SwappinessGuard& operator=(const SwappinessGuard&) = delete;
  ~SwappinessGuard();

 private:
  SwappinessGuard(SwappinessJournal& journal, int dir) : journal_(&journal), dir_(dir) {}
  Result<void> silence(int dir, const std::string& path, CgroupId id);
  Result<void> silence_below(int dir, const std::string& path);

  SwappinessJournal* journal_;
  int dir_;
  std::vector<Swappiness> changed_;  // empty in a guard that was moved from
};

/// Puts back what dead processes left at 0, and gives what inherited it its parent's value. A value that is
/// no longer 0 was changed by somebody else since, and stays. `mount` is where the hierarchy is mounted.
void restore_orphans(SwappinessJournal& journal, const std::string& mount);

}  // namespace cmm
