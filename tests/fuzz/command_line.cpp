// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

using Takes = CommandOption::Takes;

const std::array kOptions{
    CommandOption{"threshold", Takes::value, "SIZE", "When.", "a size"},
    CommandOption{"parent", Takes::values, "PATH", "Where.", "a path"},
    CommandOption{"dry-run", Takes::flag, "", "Whether.", "true or false"},
    bare_option("help", "What."),
};

/// One argument a line.
std::vector<std::string> arguments_of(std::string_view text) {
  std::vector<std::string> arguments;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    arguments.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return arguments;
}

void check_option(const std::string& name, const std::vector<std::string>& values) {
  const auto* option = std::ranges::find(kOptions, name, &CommandOption::name);
  check(option != kOptions.end(), "an option is a known one");
  switch (option->takes) {
    case Takes::value:
      return check(values.size() == 1, "it has its value");
    case Takes::values:
      return check(!values.empty(), "it has its values");
    case Takes::flag:
      return check(values.size() <= 1, "it has a value at most");
    case Takes::nothing:
      return check(values.empty(), "it has no value");
  }
}

/// Arguments that mean the same.
std::vector<std::string> print(const CommandWords& given) {
  std::vector<std::string> arguments = given.words;
  for (const auto& [name, values] : given.options) {
    if (values.empty()) arguments.push_back("--" + name);
    for (const auto& value : values) {
      if (value.empty()) {
        arguments.insert(arguments.end(), {"--" + name, value});
      } else {
        arguments.push_back("--" + name + "=" + value);
      }
    }
  }
  return arguments;
}

}  // namespace

void fuzz(std::string_view text) {
  const auto given = parse_command_line(arguments_of(text), kOptions);
  if (!given) {
    check(!given.error().empty() && given.error().find('\n') == std::string::npos, "a message is one line");
    return;
  }
  for (const auto& [name, values] : given->options) check_option(name, values);
  for (const auto& word : given->words) {
    check(!word.starts_with("--"), "a word is no option");
  }
  const auto again = parse_command_line(print(*given), kOptions);
  check(again && again->options == given->options && again->words == given->words, "it reads back");
}

}  // namespace cmm::test
