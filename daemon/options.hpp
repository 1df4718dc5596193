// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "cli/exit_code.hpp"
#include "config/settings.hpp"

namespace cmm {

/// What the command line asks for.
enum class Action {
  run,           ///< watch, or scan once, as the settings say
  check_config,  ///< print the effective settings and exit
  version,       ///< print version_text() and exit
  help,          ///< print help_text() and exit
  status,        ///< list what is watched
  explain,       ///< say why one cgroup is reclaimed or not
};

struct Options {
  Action action = Action::run;
  Settings settings;         ///< defaults < file < command line; the defaults for version and help
  std::string config_file;   ///< the file that was read; empty: none
  std::string subject;       ///< of explain: a path, a container id or NAMESPACE/POD[/CONTAINER]
  bool output_json = false;  ///< of status
  std::map<std::string, int, std::less<>> lines;  ///< where the file has the settings that hold from there
};

/// Why the program can't start: one line without a line end, and what to exit with: ExitCode::usage for the
/// command line, ExitCode::config for the file.
struct OptionsError {
  ExitCode code = ExitCode::usage;
  std::string message;
};

/// Reads the command line (without the program's name) and the file that --config names.
tl::expected<Options, OptionsError> parse_options(const std::vector<std::string>& arguments);

/// A message "KEY: …" about a setting, with FILE:LINE before it where the setting is from the file.
std::string with_place(const Options& options, const std::string& message);

/// What --help prints: options with their defaults, exit codes.
std::string help_text();

/// What --version prints.
std::string version_text();

}  // namespace cmm
