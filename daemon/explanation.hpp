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
/// Where the node has so much memory available that nothing is looked at (`when`), that is all there is to
/// say.
tl::expected<std::string, StartupError> explain(const StatusDocument& document, const std::string& subject);

/// "the node has 3.0 GiB of 8.0 GiB available: nothing is looked at (when)"
std::string gate_text(const GateClosed& gate);

}  // namespace cmm
