// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cgroupfs/reclaimer.hpp"
#include "cgroupfs/swappiness_journal.hpp"

namespace cmm {

/// cgroup v1: memory.force_empty, which knows no amount and goes on to the last page. A signal ends it after
/// a slice of time, so that it stops near the target and leaves the hot pages; memory.swappiness is 0
/// meanwhile where the node has swap.
class ForceEmptyReclaimer final : public Reclaimer {
 public:
  /// Without a journal memory.swappiness stays as it is: for nodes without swap, or with --allow-swap.
  explicit ForceEmptyReclaimer(std::unique_ptr<SwappinessJournal> journal) : journal_(std::move(journal)) {}

  ReclaimOutcome reclaim(const ReclaimJob& job, std::stop_token stop) override;

 private:
  ReclaimOutcome reclaim_guarded(const ReclaimJob& job, const std::stop_token& stop);

  std::unique_ptr<SwappinessJournal> journal_;
};

}  // namespace cmm
