// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace cmm::tool {

/// What was given to a command.
struct Invocation {
  CommandWords given;
  std::vector<std::string> command;  ///< what stands behind "--"

  [[nodiscard]] const std::string& word(std::size_t n) const { return given.words.at(n); }
  /// The nth word, or `otherwise` where there are fewer.
  [[nodiscard]] std::string word_or(std::size_t n, const std::string& otherwise) const {
    return n < given.words.size() ? given.words[n] : otherwise;
  }
};

/// One of cgroup-tool's commands. Its options and words are checked by number and name before it runs.
struct Command {
  std::string name;
  std::string arguments;  ///< as in "Usage: cgroup-tool NAME ARGUMENTS"
  std::string summary;    ///< one line
  std::string details;    ///< what else its --help says
  std::size_t least_words = 0;
  std::size_t most_words = 0;
  bool runs_command = false;  ///< takes "-- COMMAND…"
  std::vector<CommandOption> options;
  int (*run)(const Invocation&) = nullptr;  ///< returns the exit code; throws Failure
};

// The commands, each defined in the file of its name.
Command create_command();
Command delete_command();
Command memory_max_command();
Command memory_high_command();
Command swap_max_command();
Command cpu_max_command();
Command show_command();
Command run_command();
Command test_memory_command();
Command stress_memory_command();
Command monitor_command();
Command version_command();

}  // namespace cmm::tool
