// SPDX-License-Identifier: Apache-2.0
#include "support/tool_process.hpp"

#include <cstdlib>
#include <utility>

namespace cmm::test {

std::string tool_program() {
  const char* given = std::getenv("CMM_TOOL");
  return given == nullptr || *given == '\0' ? CMM_TOOL : given;
}

Command tool_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), tool_program());
  return {.command = std::move(arguments)};
}

Finished run_tool(std::vector<std::string> arguments) {
  return run(tool_command(std::move(arguments)), std::chrono::seconds{60});
}

}  // namespace cmm::test
