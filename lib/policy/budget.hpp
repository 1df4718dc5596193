// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "model/cycle_budget.hpp"
#include "model/decision.hpp"
#include "model/time.hpp"
#include "policy/ledger.hpp"

namespace cmm {

/// What a cgroup that is due wants of the cycle's budget.
struct Claim {
  Bytes bytes;             ///< over its target
  unsigned deferrals = 0;  ///< scans in a row that it went without
  Duration cpu{};          ///< what that is likely to take
};

/// What it gets: all or at least half of the bytes, or of the budget where it claims more than that, and CPU
/// time; or nothing, and why.
struct Grant {
  Bytes bytes;
  Bytes most;  ///< so much may go in the end, beside a workload that reads on
  Duration cpu{};
  std::optional<Deferred> deferred;
};

/// Shares the budget out, a grant for each claim in the same order. The largest excess goes first; each
/// deferral doubles a claim's weight, so that a small one isn't put off for ever, and between equals the one
/// that has waited longer goes first. What is granted never exceeds the budget; what is left over of it goes
/// to all that were granted some, in equal parts.
std::vector<Grant> share(const CycleBudget& budget, const std::vector<Claim>& claims);

/// The places of the claims in the order in which share() serves them.
std::vector<std::size_t> by_weight(const std::vector<Claim>& claims);

/// The CPU time that freeing `bytes` is likely to take, from what it took before.
Duration expected_cpu(const Ledger& ledger, Bytes bytes);

}  // namespace cmm
