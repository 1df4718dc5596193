// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace cmm {

/// Points in time come in as arguments, so that every rule can be tested over simulated hours.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

}  // namespace cmm
