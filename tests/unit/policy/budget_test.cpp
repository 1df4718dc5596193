// SPDX-License-Identifier: Apache-2.0
#include "policy/budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace cmm {
namespace {

using namespace std::chrono_literals;

Claim claim(Bytes bytes, unsigned deferrals = 0, Duration cpu = 10ms) { return {bytes, deferrals, cpu}; }

CycleBudget bytes_only(Bytes bytes) { return {.bytes = bytes, .cpu = 1h}; }

bool is_deferred(const Grant& grant, Deferred::Budget budget) {
  return grant.deferred && grant.deferred->budget == budget && grant.bytes == Bytes{};
}

TEST(Budget, WithoutABoundGrantsAll) {
  const auto grants = share({}, {claim(GiB(10)), claim(MiB(1))});
  EXPECT_EQ(grants[0].bytes, GiB(10));
  EXPECT_EQ(grants[1].bytes, MiB(1));
  EXPECT_FALSE(grants[0].deferred || grants[1].deferred);
  EXPECT_TRUE(share({}, {}).empty());
}

TEST(Budget, GoesToTheLargestExcessFirst) {
  const auto grants = share(bytes_only(MiB(100)), {claim(MiB(30)), claim(MiB(90)), claim(MiB(50))});
  EXPECT_EQ(grants[1].bytes, MiB(90));
  EXPECT_TRUE(is_deferred(grants[0], Deferred::Budget::bytes));
  EXPECT_TRUE(is_deferred(grants[2], Deferred::Budget::bytes));
}

TEST(Budget, GoesOnToWhoeverCanUseWhatIsLeft) {
  const auto grants = share(bytes_only(MiB(100)), {claim(MiB(20)), claim(MiB(90)), claim(MiB(50))});
  EXPECT_TRUE(is_deferred(grants[2], Deferred::Budget::bytes)) << "a fifth isn't worth its cooldown";
  EXPECT_EQ(grants[0].bytes, MiB(10)) << "a half is";
}

TEST(Budget, GivesHalfOfAllThereIsToWhoeverClaimsMoreThanAllOfIt) {
  EXPECT_EQ(share(bytes_only(MiB(100)), {claim(GiB(10))})[0].bytes, MiB(100));
  const auto half = share(bytes_only(MiB(100)), {claim(GiB(10)), claim(MiB(50), 10)});
  EXPECT_EQ(half[0].bytes, MiB(50));
  const auto less = share(bytes_only(MiB(100)), {claim(GiB(10)), claim(MiB(51), 10)});
  EXPECT_TRUE(is_deferred(less[0], Deferred::Budget::bytes));
}

TEST(Budget, GoesToWhoeverWaitedLongerAmongEquals) {
  const auto grants = share(bytes_only(MiB(40)), {claim(MiB(80), 0), claim(MiB(40), 1)});
  EXPECT_EQ(grants[1].bytes, MiB(40)) << "a deferral doubles the weight, and more deferrals win a tie";
  EXPECT_TRUE(is_deferred(grants[0], Deferred::Budget::bytes));
}

TEST(Budget, StarvesNobody) {
  unsigned deferrals = 0;
  // A large one comes back in every cycle.
  while (share(bytes_only(MiB(100)), {claim(GiB(64)), claim(MiB(1), deferrals)})[1].deferred) ++deferrals;
  EXPECT_LE(deferrals, 17U);
}

/// Claimants that all come back with the same claim as soon as they were served, one cycle after the other.
/// Returns after how many cycles at most each of them got half of what it can get at all.
unsigned longest_wait(const CycleBudget& budget, std::vector<Claim> claims, unsigned cycles) {
  std::vector<unsigned> waits(claims.size());
  unsigned longest = 0;
  for (unsigned cycle = 0; cycle < cycles; ++cycle) {
    const auto grants = share(budget, claims);
    for (std::size_t i = 0; i < claims.size(); ++i) {
      const auto most = std::min(claims[i].bytes, budget.bytes.value_or(claims[i].bytes));
      const auto most_cpu = std::min(claims[i].cpu, budget.cpu);
      const bool served = grants[i].bytes + grants[i].bytes >= most && 2 * grants[i].cpu >= most_cpu;
      claims[i].deferrals = grants[i].deferred ? claims[i].deferrals + 1 : 0;
      waits[i] = served ? 0 : waits[i] + 1;
      longest = std::max(longest, waits[i]);
    }
  }
  return longest;
}

constexpr unsigned kScansOfADay = 24 * 3600 / 10;

TEST(Budget, LeavesNobodyWithDregs) {
  const auto nearly_all = MiB(100) - KiB(64);
  EXPECT_LE(longest_wait(bytes_only(MiB(100)), {claim(nearly_all), claim(MiB(50))}, kScansOfADay), 1U);
  const CycleBudget cpu{.bytes = {}, .cpu = 100ms};
  const std::vector<Claim> claims{claim(MiB(200), 0, 47ms), claim(MiB(100), 0, 40ms)};
  EXPECT_LE(longest_wait(cpu, claims, kScansOfADay), 2U);
}

TEST(Budget, ServesTwentyOfWhichOneIsHugeWithinAFewDozenCycles) {
  std::vector<Claim> claims{claim(GiB(64), 0, 10s)};
  for (unsigned i = 1; i < 20; ++i) claims.push_back(claim(MiB(10 * i), 0, 1ms));
  EXPECT_LE(longest_wait({.bytes = MiB(200), .cpu = 1s}, claims, kScansOfADay), 30U);
}

TEST(Budget, OfCpuTimeIsNeverExceeded) {
  const std::vector<Claim> claims(50, claim(MiB(100), 0, 20ms));
  Duration granted{};
  unsigned deferred = 0;
  for (const auto& grant : share({.bytes = {}, .cpu = 200ms}, claims)) {
    granted += grant.cpu;
    deferred += is_deferred(grant, Deferred::Budget::cpu) ? 1 : 0;
  }
  EXPECT_LE(granted, 200ms);
  EXPECT_GT(granted, 190ms);
  EXPECT_EQ(deferred, 50U - 5U);
}

TEST(Budget, OfCpuTimeIsNotLeftUnusedForAGuess) {
  EXPECT_EQ(share({.bytes = {}, .cpu = 1s}, {claim(MiB(100), 0, 20ms)})[0].cpu, 1s);
  const auto grants =
      share({.bytes = MiB(200), .cpu = 1s}, {claim(MiB(100)), claim(MiB(100)), claim(MiB(50))});
  EXPECT_EQ(grants[0].cpu, 500ms);
  EXPECT_EQ(grants[1].cpu, 500ms);
  EXPECT_EQ(grants[2].cpu, 0ms) << "it is deferred";
}

TEST(Budget, OfBytesThatIsLeftOverIsThereForWhatIsReadMeanwhile) {
  const auto grants = share(bytes_only(MiB(200)), {claim(MiB(100)), claim(MiB(60)), claim(MiB(150))});
  EXPECT_EQ(grants[2].most, MiB(150));
  EXPECT_EQ(grants[0].most, MiB(50)) << "a half, and the end of the budget";
  const auto spare = share(bytes_only(MiB(200)), {claim(MiB(100)), claim(MiB(60))});
  EXPECT_EQ(spare[0].most, MiB(120));
  EXPECT_EQ(spare[1].most, MiB(80));
  EXPECT_EQ(share({}, {claim(MiB(100))})[0].most, Bytes{~std::uint64_t{0}}) << "no budget, no bound";
}

TEST(ExpectedCpu, IsWhatItTookBefore) {
  Ledger ledger;
  ledger.freed = MiB(100);
  ledger.cpu = 10ms;
  EXPECT_EQ(expected_cpu(ledger, MiB(300)), 30ms);
  EXPECT_GT(expected_cpu({}, MiB(100)), 1ms) << "a careful guess where nothing is known";
  EXPECT_GE(expected_cpu({}, Bytes{~std::uint64_t{0}}), 1h) << "and no overflow";
}

TEST(Ledger, SumsUpWhatReclaimsCameTo) {
  ReclaimOutcome outcome;
  outcome.requested = MiB(10);
  outcome.freed = MiB(8);
  outcome.slices = 3;
  outcome.cpu = 2ms;
  outcome.duration = 5ms;
  const auto ledger = with(with({}, outcome), outcome);
  EXPECT_EQ(ledger.reclaims, 2U);
  EXPECT_EQ(ledger.slices, 6U);
  EXPECT_EQ(ledger.requested, MiB(20));
  EXPECT_EQ(ledger.freed, MiB(16));
  EXPECT_EQ(ledger.cpu, 4ms);
  EXPECT_EQ(ledger.duration, 10ms);
  EXPECT_FALSE(ledger.refaulted) << "not known is not zero";
  EXPECT_EQ(with_refaults(with_refaults(ledger, MiB(1)), MiB(2)).refaulted, MiB(3));
}

}  // namespace
}  // namespace cmm
