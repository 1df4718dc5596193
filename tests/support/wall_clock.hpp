// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace cmm::test {

/// The machine's wall clock, which may be set for as long as this lives; right again afterwards. For virtual
/// machines alone: throws anywhere else.
class WallClock {
 public:
  WallClock();
  WallClock(const WallClock&) = delete;
  WallClock& operator=(const WallClock&) = delete;
  ~WallClock();

  /// Sets it so much forwards, or backwards.
  void jump(std::chrono::seconds by);

 private:
  std::chrono::seconds off_{};
};

}  // namespace cmm::test
