// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "support/process.hpp"

namespace cmm::test {

/// CMM_TOOL: the cgroup-tool under test, by default the one that was built with the tests.
std::string tool_program();

/// cgroup-tool with these arguments, to be started.
Command tool_command(std::vector<std::string> arguments);

/// Runs it to its end.
Finished run_tool(std::vector<std::string> arguments);

}  // namespace cmm::test
