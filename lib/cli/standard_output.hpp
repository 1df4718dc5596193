// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <system_error>

namespace cmm {

/// Passes on what was printed to standard output; why some of it is lost, by now or earlier.
std::error_code flush_standard_output();

}  // namespace cmm
