// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "daemon/startup.hpp"
#include "daemon/status_document.hpp"

namespace cmm {

/// Says step by step why the cgroup with this path or container id (or the beginning of one) would be
/// reclaimed now, or not: who limits it, the formula with its numbers, the rule, the cooldown, what guards
/// it.
tl::expected<std::string, StartupError> explain(const StatusDocument& document, const std::string& subject);

}  // namespace cmm
