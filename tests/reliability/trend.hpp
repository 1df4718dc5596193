// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

namespace cmm::test {

/// A measure that is taken again and again over hours, and whether it grows.
class Trend {
 public:
  using Clock = std::chrono::steady_clock;

  void add(double value) { samples_.push_back({Clock::now(), value}); }

  /// The median of the slopes between any two of the samples (Theil and Sen), times the time of all of them;
  /// 0 with less than two. The first third is left out: what a program gets at its start isn't growth. What
  /// comes and goes, as a thread for a while, doesn't count either.
  [[nodiscard]] double growth() const;

 private:
  struct Sample {
    Clock::time_point at;
    double value;
  };
  std::vector<Sample> samples_;
};

}  // namespace cmm::test
