// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "model/time.hpp"

namespace cmm::test {

/// When what is given the time begins: long after the clock did, so that nothing looks like long ago by
/// chance.
inline constexpr TimePoint kStart{std::chrono::hours{1000}};

}  // namespace cmm::test
