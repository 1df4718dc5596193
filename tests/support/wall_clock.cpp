// SPDX-License-Identifier: Apache-2.0
#include "support/wall_clock.hpp"

#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>

#include "support/test_environment.hpp"

namespace cmm::test {
namespace {

int move_clock(std::chrono::seconds by) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += static_cast<std::time_t>(by.count());
  return ::clock_settime(CLOCK_REALTIME, &now);
}

}  // namespace

WallClock::WallClock() {
  if (!in_vm()) throw std::logic_error{"a test may set the clock in a virtual machine only"};
}

WallClock::~WallClock() { move_clock(-off_); }

void WallClock::jump(std::chrono::seconds by) {
  if (move_clock(by) != 0) throw std::system_error{errno, std::generic_category(), "set the clock"};
  off_ += by;
}

}  // namespace cmm::test
