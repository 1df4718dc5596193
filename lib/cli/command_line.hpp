// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace cmm {

/// One option of a command line. Long names only: no letter can then be taken for another program's.
struct CommandOption {
  enum class Takes {
    value,   ///< one value, and the option is given once
    values,  ///< … any number of times
    flag,    ///< nothing, or true or false behind '='
    nothing,
  };

  std::string name;  ///< without the dashes
  Takes takes = Takes::value;
  std::string value_name;  ///< placeholder in the help; empty for flags
  std::string meaning;     ///< what it does and its default, for the help
  std::string accepted;    ///< the accepted forms, for messages
};

/// An option that takes nothing.
CommandOption bare_option(std::string name, std::string meaning);

/// What was given: each option with its values (none for a flag that stands alone), and the words that belong
/// to no option, in their order.
struct CommandWords {
  std::map<std::string, std::vector<std::string>, std::less<>> options;
  std::vector<std::string> words;

  [[nodiscard]] bool has(std::string_view name) const { return options.contains(name); }
  /// The value of an option that is given once; empty where it wasn't given.
  [[nodiscard]] std::string value(std::string_view name) const;
};

/// Takes arguments apart (without the program's name). The error is one line: what was given, what is wrong
/// with it, what is accepted.
tl::expected<CommandWords, std::string> parse_command_line(const std::vector<std::string>& arguments,
                                                           std::span<const CommandOption> options);

/// "accepted: --parent, --threshold, …", for messages.
std::string known_options(std::span<const CommandOption> options);

/// The options as --help shows them, below a heading.
std::string options_table(const std::string& heading, std::span<const CommandOption> options);

}  // namespace cmm
