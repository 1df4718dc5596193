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

  /// By how much the line of least squares through the last two thirds of the samples rises over the whole
  /// time of all of them; what a program gets at its start isn't growth. 0 with less than four samples.
  [[nodiscard]] double growth() const;

 private:
  struct Sample {
    Clock::time_point at;
    double value;
  };
  std::vector<Sample> samples_;
};

}  // namespace cmm::test
