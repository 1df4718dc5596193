// SPDX-License-Identifier: Apache-2.0
#include "policy/budget.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>

namespace cmm {
namespace {

// Of a cgroup that was never reclaimed: 4 KiB pages, one by one, on a slow CPU.
constexpr double kNanosecondsPerByte = 0.25;
// An estimate may be wrong; a reclaim that gets twice as much and a little isn't cut off by that.
constexpr Duration kLeastCpu = std::chrono::milliseconds{5};

constexpr Bytes kUnbounded{std::numeric_limits<std::uint64_t>::max()};

struct Left {
  Bytes bytes;
  Duration cpu;
};

double weight(const Claim& claim) {
  return std::ldexp(static_cast<double>(claim.bytes.count()),
                    static_cast<int>(std::min(claim.deferrals, 64U)));
}

// An attempt costs its cgroup a cooldown and its place in the line, so dregs are no favour. Who claims more
// than all there is has to do with half of that.
template <class Amount>
bool is_worth_an_attempt(Amount left, Amount claimed, Amount whole) {
  return left > Amount{} && left + left >= std::min(claimed, whole);
}

Grant deferred(Deferred::Budget budget) { return {{}, {}, {}, Deferred{budget}}; }

Grant grant_of(const Claim& claim, const Left& left, const Left& whole) {
  if (!is_worth_an_attempt(left.bytes, claim.bytes, whole.bytes)) return deferred(Deferred::Budget::bytes);
  if (!is_worth_an_attempt(left.cpu, claim.cpu, whole.cpu)) return deferred(Deferred::Budget::cpu);
  const auto bytes = std::min(claim.bytes, left.bytes);
  return {
      .bytes = bytes, .most = bytes, .cpu = std::min(2 * claim.cpu + kLeastCpu, left.cpu), .deferred = {}};
}

// What is likely may be far off, on a slow machine or with pages that come hard, and what is asked for is
// soon more beside a workload that reads. As long as there is something to spare, nothing ends for that.
void add_spare(std::vector<Grant>& grants, const Left& spare) {
  const auto granted = std::ranges::count_if(grants, [](const Grant& grant) { return !grant.deferred; });
  if (granted == 0) return;
  const auto bytes = spare.bytes == kUnbounded
                         ? kUnbounded
                         : Bytes{spare.bytes.count() / static_cast<std::uint64_t>(granted)};
  for (auto& grant : grants) {
    if (grant.deferred) continue;
    grant.most += bytes;
    grant.cpu += spare.cpu / granted;
  }
}

}  // namespace

std::vector<std::size_t> by_weight(const std::vector<Claim>& claims) {
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const auto heavier = weight(claims[a]) - weight(claims[b]);
    return heavier != 0 ? heavier > 0 : claims[a].deferrals > claims[b].deferrals;
  });
  return order;
}

std::vector<Grant> share(const CycleBudget& budget, const std::vector<Claim>& claims) {
  std::vector<Grant> grants(claims.size());
  const Left whole{budget.bytes.value_or(kUnbounded), budget.cpu};
  auto left = whole;
  for (const auto i : by_weight(claims)) {
    grants[i] = grant_of(claims[i], left, whole);
    if (budget.bytes) left.bytes = left.bytes - grants[i].bytes;
    left.cpu -= grants[i].cpu;
  }
  add_spare(grants, left);
  return grants;
}

Duration expected_cpu(const Ledger& ledger, Bytes bytes) {
  const bool known = ledger.freed >= MiB(1);
  const auto per_byte =
      known ? static_cast<double>(ledger.cpu.count()) / static_cast<double>(ledger.freed.count())
            : kNanosecondsPerByte;
  constexpr double kMost = 3600e9;  // far beyond any budget, far below an overflow
  return Duration{static_cast<Duration::rep>(std::min(per_byte * static_cast<double>(bytes.count()), kMost))};
}

}  // namespace cmm
