// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace cmm {

/// A digit of a container id or of a pod's uid, as all runtimes write them: lower case.
bool is_hex_digit(char c);

/// The container id (64 hex digits) at the end of `text`, set off from what is before it by '-' or ':'; empty
/// where there is none.
std::string_view container_id_at_end(std::string_view text);

}  // namespace cmm
