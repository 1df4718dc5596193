// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_output.hpp"

#include <cstdio>

#include "base/error.hpp"

namespace cmm {

std::error_code flush_standard_output() {
  if (std::fflush(stdout) != 0) return last_error();
  // An earlier write failed, and what it said is gone.
  if (std::ferror(stdout) != 0) return std::make_error_code(std::errc::io_error);
  return {};
}

}  // namespace cmm
