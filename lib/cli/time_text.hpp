// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace cmm {

/// "2025-01-31T12:34:56.789Z"
std::string to_utc_text(std::chrono::system_clock::time_point time);

}  // namespace cmm
