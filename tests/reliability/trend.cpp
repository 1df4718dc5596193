// SPDX-License-Identifier: Apache-2.0
#include "reliability/trend.hpp"

#include <span>

namespace cmm::test {

double Trend::growth() const {
  if (samples_.size() < 4) return 0;
  const auto start = samples_.front().at;
  const auto x = [&](const Sample& sample) {
    return std::chrono::duration<double>{sample.at - start}.count();
  };
  const std::span later{samples_.begin() + static_cast<std::ptrdiff_t>(samples_.size() / 3), samples_.end()};
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& sample : later) {
    mean_x += x(sample) / static_cast<double>(later.size());
    mean_y += sample.value / static_cast<double>(later.size());
  }
  double covariance = 0;
  double variance = 0;
  for (const auto& sample : later) {
    covariance += (x(sample) - mean_x) * (sample.value - mean_y);
    variance += (x(sample) - mean_x) * (x(sample) - mean_x);
  }
  return variance == 0 ? 0 : covariance / variance * x(samples_.back());
}

}  // namespace cmm::test
