// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>
#include <utility>

#include "config/text.hpp"

namespace cmm {
namespace {

namespace po = boost::program_options;

template <class T>
using Checked = tl::expected<T, std::string>;
using Options = std::span<const CommandOption>;
using Takes = CommandOption::Takes;

tl::unexpected<std::string> refuse(std::string message) { return tl::unexpected{std::move(message)}; }

const CommandOption* find(Options options, std::string_view name) {
  const auto found = std::ranges::find(options, name, &CommandOption::name);
  return found == options.end() ? nullptr : &*found;
}

tl::unexpected<std::string> unknown_option(std::string_view token, Options options) {
  const auto name = token.substr(std::min(token.find_first_not_of('-'), token.size()));
  std::vector<std::string_view> names;
  for (const auto& option : options) names.emplace_back(option.name);
  const auto near = nearest(name.substr(0, name.find('=')), names);
  if (near.empty())
    return refuse(fmt::format("unknown option {}; {}", in_quotes(token), known_options(options)));
  return refuse(fmt::format("unknown option {}; did you mean --{}?", in_quotes(token), near));
}

tl::unexpected<std::string> needs_value(std::string_view name, Options options) {
  const auto* option = find(options, name);
  return refuse(fmt::format("--{}: needs a value; accepted: {}", name,
                            option == nullptr ? std::string{} : option->accepted));
}

tl::unexpected<std::string> bad_syntax(const po::invalid_command_line_syntax& error, Options options) {
  using Syntax = po::invalid_command_line_syntax;
  auto name = error.get_option_name();
  name.erase(0, name.find_first_not_of('-'));
  switch (error.kind()) {
    case Syntax::missing_parameter:
    case Syntax::empty_adjacent_parameter:
      return needs_value(name, options);
    case Syntax::extra_parameter:
      return refuse(fmt::format("--{}: takes no value; accepted: --{}", name, name));
    default:
      return refuse(fmt::format("{}; {}", printable(error.what()), known_options(options)));
  }
}

/// For the parser: which options there are, and which of them take a value.
po::options_description grammar(Options options) {
  po::options_description all;
  auto add = all.add_options();
  for (const auto& option : options) {
    if (option.takes == Takes::nothing) {
      add(option.name.c_str(), "");
      continue;
    }
    auto* value = po::value<std::string>();
    if (option.takes == Takes::flag) value->implicit_value("true");
    add(option.name.c_str(), value);
  }
  return all;
}

Checked<std::vector<po::option>> tokens(const std::vector<std::string>& arguments, Options options) {
  // Long options in full only: an abbreviation would change its meaning with the next new option.
  namespace style = po::command_line_style;
  constexpr auto plain = style::allow_long | style::long_allow_next | style::long_allow_adjacent;
  try {
    const auto all = grammar(options);
    return po::command_line_parser(arguments).options(all).style(plain).run().options;
  } catch (const po::unknown_option& error) {
    return unknown_option(error.get_option_name(), options);
  } catch (const po::invalid_command_line_syntax& error) {
    return bad_syntax(error, options);
  } catch (const po::error& error) {
    return refuse(fmt::format("{}; {}", printable(error.what()), known_options(options)));
  }
}

Checked<void> add_word(const std::string& token, Options options, CommandWords& given) {
  // "-1" is no option but a number that somebody else will refuse for what it is.
  const bool is_number = token.size() > 1 && token[1] >= '0' && token[1] <= '9';
  if (token.starts_with('-') && !is_number) return unknown_option(token, options);
  given.words.push_back(token);
  return {};
}

Checked<void> add_option(const po::option& token, Options options, CommandWords& given) {
  const auto& name = token.string_key;
  const auto takes = find(options, name)->takes;
  auto values = token.value;
  // What Boost would take as a value, but is the next option, or a word behind a flag.
  if (token.original_tokens.size() > 1) {
    const auto& next = token.original_tokens[1];
    if (takes == Takes::flag) {
      values.clear();
      auto added = add_word(next, options, given);
      if (!added) return added;
    } else if (next.starts_with("--")) {
      return needs_value(name, options);
    }
  }
  const auto [entry, is_new] = given.options.try_emplace(name);
  if (!is_new && takes != Takes::values) {
    return refuse(fmt::format("--{}: given twice; accepted: once", name));
  }
  entry->second.insert(entry->second.end(), values.begin(), values.end());
  return {};
}

}  // namespace

CommandOption bare_option(std::string name, std::string meaning) {
  return {.name = std::move(name),
          .takes = Takes::nothing,
          .value_name = {},
          .meaning = std::move(meaning),
          .accepted = {}};
}

std::string CommandWords::value(std::string_view name) const {
  const auto entry = options.find(name);
  return entry == options.end() || entry->second.empty() ? std::string{} : entry->second.front();
}

std::string known_options(Options options) {
  std::string list;
  for (const auto& option : options) list += (list.empty() ? "--" : ", --") + option.name;
  return list.empty() ? "no options are accepted" : "accepted: " + list;
}

Checked<CommandWords> parse_command_line(const std::vector<std::string>& arguments, Options options) {
  const auto parsed = tokens(arguments, options);
  if (!parsed) return tl::unexpected{parsed.error()};
  CommandWords given;
  for (const auto& token : *parsed) {
    const auto added = token.string_key.empty() ? add_word(token.original_tokens.front(), options, given)
                                                : add_option(token, options, given);
    if (!added) return tl::unexpected{added.error()};
  }
  return given;
}

std::string options_table(const std::string& heading, Options options) {
  po::options_description table{heading, 100, 60};
  for (const auto& option : options) {
    if (option.takes == Takes::flag || option.takes == Takes::nothing) {
      table.add_options()(option.name.c_str(), option.meaning.c_str());
    } else {
      table.add_options()(option.name.c_str(), po::value<std::string>()->value_name(option.value_name),
                          option.meaning.c_str());
    }
  }
  return (std::ostringstream{} << table).str();
}

}  // namespace cmm
