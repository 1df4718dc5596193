// SPDX-License-Identifier: Apache-2.0
#include "policy/watermarks.hpp"

#include <algorithm>
#include <cstdint>

namespace cmm {
namespace {

// Far enough below the threshold that a cgroup isn't trimmed again by the next few pages that it reads.
constexpr std::uint64_t kDefaultTargetPercent = 80;

// Divided first: a threshold of many exabytes must not overflow.
Bytes default_target(Bytes threshold) {
  const auto whole = threshold.count();
  return Bytes{whole / 100 * kDefaultTargetPercent + whole % 100 * kDefaultTargetPercent / 100};
}

}  // namespace

Watermarks watermarks(const ReclaimPolicy& policy, Bytes effective_limit) {
  const auto threshold = resolve(policy.threshold, effective_limit);
  const auto target = policy.target ? resolve(*policy.target, effective_limit) : default_target(threshold);
  return {threshold, std::min(target, threshold)};
}

}  // namespace cmm
