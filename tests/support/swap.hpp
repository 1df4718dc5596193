// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cmm::test {

/// Swap is on for as long as it lives.
class SwapOn {
 public:
  explicit SwapOn(std::string device);
  SwapOn(const SwapOn&) = delete;
  SwapOn& operator=(const SwapOn&) = delete;
  ~SwapOn();

 private:
  std::string device_;
};

}  // namespace cmm::test
