// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/exit_code.hpp"
#include "daemon/options.hpp"
#include "daemon/status_document.hpp"

namespace cmm {

/// The table of `status`: a line for each target, those with the most reclaimable cache first.
std::string status_table(const StatusDocument& document);

/// `status`: all targets, as a table or as JSON.
ExitCode print_status(const Options& options);

/// `explain PATH|CONTAINER-ID`: step by step why this cgroup would be reclaimed now, or not.
ExitCode print_explanation(const Options& options);

}  // namespace cmm
