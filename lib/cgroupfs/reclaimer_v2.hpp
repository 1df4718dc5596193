// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "cgroupfs/reclaimer.hpp"

namespace cmm {

/// cgroup v2: memory.reclaim, in small amounts and, where the kernel takes it, of file pages only.
class MemoryReclaimReclaimer final : public Reclaimer {
 public:
  /// `spares_anon`: the running kernel takes the swappiness= argument.
  explicit MemoryReclaimReclaimer(bool spares_anon) : argument_(spares_anon ? " swappiness=0" : "") {}

  ReclaimOutcome reclaim(const ReclaimJob& job, std::stop_token stop) override;

 private:
  std::string_view argument_;
};

/// Asks the kernel whether memory.reclaim takes swappiness=, by a write of no bytes: EINVAL before Linux 6.11
/// (unless a distribution has it in an older kernel), nothing happens on a newer one. `file` is open for
/// writing.
bool takes_swappiness(int file);

}  // namespace cmm
