// SPDX-License-Identifier: Apache-2.0
#include "policy/budget.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace cmm {
namespace {

// Of a cgroup that was never reclaimed: 4 KiB pages, one by one, on a slow CPU.
constexpr double kNanosecondsPerByte = 0.25;
// An estimate may be wrong; a reclaim that gets twice as much and a little isn't cut off by that.
constexpr Duration kLeastCpu = std::chrono::milliseconds{5};

double weight(const Claim& claim) {
  return std::ldexp(static_cast<double>(claim.bytes.count()),
                    static_cast<int>(std::min(claim.deferrals, 64U)));
}

std::vector<std::size_t> by_weight(const std::vector<Claim>& claims) {
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const auto heavier = weight(claims[a]) - weight(claims[b]);
    return heavier != 0 ? heavier > 0 : claims[a].deferrals > claims[b].deferrals;
  });
  return order;
}

Grant grant_of(const Claim& claim, Bytes bytes_left, Duration cpu_left) {
  if (bytes_left == Bytes{}) return {{}, {}, Deferred{Deferred::Budget::bytes}};
  if (cpu_left < std::min(claim.cpu, kLeastCpu)) return {{}, {}, Deferred{Deferred::Budget::cpu}};
  return {.bytes = std::min(claim.bytes, bytes_left),
          .cpu = std::min(2 * claim.cpu + kLeastCpu, cpu_left),
          .deferred = {}};
}

// What is likely may be far off, on a slow machine or with pages that come hard; as long as there is CPU time
// to spare, nothing ends for that.
void add_spare(std::vector<Grant>& grants, Duration cpu) {
  const auto granted = std::ranges::count_if(grants, [](const Grant& grant) { return !grant.deferred; });
  if (granted == 0) return;
  for (auto& grant : grants) {
    if (!grant.deferred) grant.cpu += cpu / granted;
  }
}

}  // namespace

std::vector<Grant> share(const CycleBudget& budget, const std::vector<Claim>& claims) {
  std::vector<Grant> grants(claims.size());
  auto bytes_left = budget.bytes.value_or(Bytes{std::numeric_limits<std::uint64_t>::max()});
  auto cpu_left = budget.cpu;
  for (const auto i : by_weight(claims)) {
    grants[i] = grant_of(claims[i], bytes_left, cpu_left);
    if (budget.bytes) bytes_left = bytes_left - grants[i].bytes;
    cpu_left -= grants[i].cpu;
  }
  add_spare(grants, cpu_left);
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
