// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "model/reclaim.hpp"
#include "model/time.hpp"

namespace cmm {

/// What all reclaims of one cgroup came to since it was first seen.
struct Ledger {
  std::uint64_t reclaims = 0;
  std::uint64_t slices = 0;
  Bytes requested;
  Bytes freed;
  Duration cpu{};       ///< that the reclaiming threads ran
  Duration duration{};  ///< wall time
  /// Cache that came back from disk within the cooldowns after them (workingset_refault_file); absent where
  /// the kernel doesn't count it, or where no cooldown has ended yet.
  std::optional<Bytes> refaulted;
};

/// `ledger` with one more reclaim.
Ledger with(Ledger ledger, const ReclaimOutcome& outcome);

/// `ledger` with what came back after the last one.
Ledger with_refaults(Ledger ledger, Bytes refaulted);

}  // namespace cmm
