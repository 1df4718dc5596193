// SPDX-License-Identifier: Apache-2.0
#include "cli/time_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace cmm {

std::string to_utc_text(std::chrono::system_clock::time_point time) {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)), ms);
}

}  // namespace cmm
