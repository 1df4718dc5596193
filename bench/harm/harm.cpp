// SPDX-License-Identifier: Apache-2.0
#include "bench/harm/harm.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

namespace cmm::bench::harm {
namespace {

constexpr double kLeast = 1e-7;  // the first bucket's seconds; the last one's are above 100
constexpr double kGrowth = 1.005;

}  // namespace

void Histogram::add(double seconds) {
  const auto bucket = std::log(std::max(seconds, kLeast) / kLeast) / std::log(kGrowth);
  ++buckets_[std::min(static_cast<std::size_t>(bucket), buckets_.size() - 1)];
  ++count_;
  longest_ = std::max(longest_, seconds);
}

double Histogram::quantile(double share) const {
  const auto wanted = share * static_cast<double>(count_);
  double seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted) return kLeast * std::pow(kGrowth, static_cast<double>(i) + 0.5);
  }
  return 0;
}

void Pace::wait() {
  due_ += step_;
  const auto left = due_ - seconds_now();
  if (left > 0) {
    sleep_seconds(left);
  } else {
    due_ -= left;
  }
}

void await_learned(const Diary& diary, const Rule& rule, double patience_seconds) {
  constexpr double kNothingLearned = 10;
  const auto start = seconds_now();
  while (true) {
    sleep_seconds(0.1);
    diary.check();
    const auto learned = diary.learned().cooldown_seconds;
    const auto patience = learned > 0 ? patience_seconds : std::min(patience_seconds, kNothingLearned);
    if (learned >= kTopRaise * seconds_of(rule.cooldown) || seconds_now() - start > patience) return;
  }
}

void sleep_seconds(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>{seconds}); }

}  // namespace cmm::bench::harm
