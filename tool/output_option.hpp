// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/command_line.hpp"

namespace cmm::tool {

enum class Output { text, json };

/// --output
CommandOption output_option();
/// … as it was given. Throws Failure.
Output output_of(const CommandWords& given);

/// JSON as it is printed; bytes that are no UTF-8 (a cgroup's name may hold any) become U+FFFD. indent -1:
/// one line.
std::string to_line(const nlohmann::ordered_json& json, int indent = -1);

}  // namespace cmm::tool
