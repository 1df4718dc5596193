// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace cmm::test {

/// How long a test waits for something that it has to look at again and again. In emulation a look takes a
/// millisecond and more: what hasn't come for seconds is looked at less often than what may come at once.
class Patience {
 public:
  explicit Patience(std::chrono::milliseconds most) : most_(most) {}

  [[nodiscard]] bool is_over() const { return passed() >= most_; }
  /// From one look to the next.
  [[nodiscard]] std::chrono::milliseconds pause() const {
    using std::chrono::milliseconds;
    return std::clamp(std::chrono::floor<milliseconds>(passed() / 20), milliseconds{2}, milliseconds{20});
  }

 private:
  [[nodiscard]] std::chrono::steady_clock::duration passed() const {
    return std::chrono::steady_clock::now() - began_;
  }

  std::chrono::milliseconds most_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace cmm::test
