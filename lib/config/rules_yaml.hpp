// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "config/yaml_node.hpp"
#include "model/rule.hpp"

namespace cmm {

/// The key of the rules, which only a file can hold.
inline constexpr std::string_view rules_key = "rules";

/// Rules from the value of `rules:`, whose key is at `mark`. Each is a map of `match` (a map of
/// globs: `namespace`, `pod`, `container`, `qos`, `path`, `container_id`) and either `action: ignore` or some
/// of threshold, target, cooldown and max_pressure, which take what the settings of that name take. A message
/// begins with "rules: ".
Checked<Rules> read_rules(const YAML::Node& value, const YAML::Mark& mark);

/// The entry `rules:` that read_rules reads back, with its line ends; without any rule a comment.
std::string to_yaml(const Rules& rules);

}  // namespace cmm
