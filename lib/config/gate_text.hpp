// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "config/quantity.hpp"
#include "model/gate.hpp"

namespace cmm {

/// What parse_gate accepts, in words for messages and help.
inline constexpr std::string_view gate_forms =
    "always, or node_available_below=15%[,node_available=MemAvailable|kubelet]; in YAML "
    "{node_available_below: 15%, node_available: kubelet}";

/// The keys of such a map.
inline constexpr std::array<std::string_view, 2> gate_keys{"node_available_below", "node_available"};

/// A gate from "always" alone, or from "node_available_below=P" and optionally "node_available=M", each at
/// most once, in any order. The error is one line as those of config/quantity.hpp.
Parsed<Gate> parse_gate(std::span<const std::string> texts);

/// "always", or the map in YAML: "{node_available_below: 15%, node_available: MemAvailable}".
std::string to_yaml(const Gate& gate);

}  // namespace cmm
