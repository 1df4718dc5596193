// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "support/kernel_test.hpp"
#include "support/swap.hpp"

namespace cmm::test {

/// With swap on; skipped where no device is given.
class SwapTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    const auto device = swap_device();
    if (!device)
      GTEST_SKIP() << environment_name()
                   << ": no CMM_TEST_SWAP; swap is switched on in the machines of tests/vm";
    swap_.emplace(*device);
  }

 private:
  std::optional<SwapOn> swap_;
};

}  // namespace cmm::test
