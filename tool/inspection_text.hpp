// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "model/inspection.hpp"

// How an Inspection is shown; show, monitor and stress-memory share it.

namespace cmm::tool {

/// All of it; what is absent is null, and "max" is a limit that isn't there.
nlohmann::ordered_json to_json(const Inspection& seen);

/// A share of the effective limit as a bar: "███████░░░  67%".
std::string usage_bar(const Inspection& seen);

/// "high 3 oom_kill 1": those that aren't 0; "-" where all are.
std::string events_text(const MemoryEvents& events);

/// "1.5%", or "-".
std::string percent_text(const std::optional<Percent>& percent);

}  // namespace cmm::tool
