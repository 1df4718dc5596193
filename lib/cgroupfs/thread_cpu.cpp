// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/thread_cpu.hpp"

#include <chrono>
#include <ctime>

namespace cmm {

Duration thread_cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace cmm
