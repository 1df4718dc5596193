// SPDX-License-Identifier: Apache-2.0
#include "reliability/trend.hpp"

#include <algorithm>
#include <span>

namespace cmm::test {

double Trend::growth() const {
  const std::span later{samples_.begin() + static_cast<std::ptrdiff_t>(samples_.size() / 3), samples_.end()};
  std::vector<double> slopes;
  for (std::size_t i = 0; i < later.size(); ++i) {
    for (std::size_t j = i + 1; j < later.size(); ++j) {
      const std::chrono::duration<double> time = later[j].at - later[i].at;
      slopes.push_back((later[j].value - later[i].value) / time.count());
    }
  }
  if (slopes.empty()) return 0;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::ranges::nth_element(slopes, middle);
  return *middle * std::chrono::duration<double>{samples_.back().at - samples_.front().at}.count();
}

}  // namespace cmm::test
