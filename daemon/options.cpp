// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "config/settings_table.hpp"
#include "config/text.hpp"
#include "config/yaml.hpp"

namespace cmm {
namespace {

namespace po = boost::program_options;

template <class T>
using Checked = tl::expected<T, OptionsError>;

/// The options that were given, by name without the dashes, with their values.
using Given = std::map<std::string, std::vector<std::string>, std::less<>>;

constexpr std::string_view config_forms = "the path of a YAML file";

std::string option_name(std::string_view key) {
  std::string name{key};
  std::ranges::replace(name, '_', '-');
  return name;
}

tl::unexpected<OptionsError> usage(std::string message) {
  return tl::unexpected{OptionsError{ExitCode::usage, std::move(message)}};
}

tl::unexpected<OptionsError> bad_file(std::string message) {
  return tl::unexpected{OptionsError{ExitCode::config, std::move(message)}};
}

/// The options that are no settings: they say what to do, or where the settings are.
struct ControlOption {
  const char* name;
  const char* value_name;  ///< nullptr: takes none
  const char* meaning;
};

constexpr std::string_view control_group = "Configuration and information";
constexpr ControlOption control_options[] = {
    {"config", "FILE",
     "YAML file with settings; the command line overrides it. Default: no file is read. The systemd unit "
     "passes "
     "/etc/cgroup-memory-manager.yaml."},
    {"check-config", nullptr, "Print the effective settings as YAML and exit."},
    {"version", nullptr, "Print the version and exit."},
    {"help", nullptr, "Print this and exit."},
};

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const auto& setting : settings_table()) names.push_back(option_name(setting.key));
  for (const auto& option : control_options) names.emplace_back(option.name);
  return names;
}

const Setting* setting_of(std::string_view name) {
  const auto settings = settings_table();
  const auto found = std::ranges::find(settings, name, [](const Setting& s) { return option_name(s.key); });
  return found == settings.end() ? nullptr : &*found;
}

/// For the parser: which options there are, and which of them take a value.
po::options_description grammar() {
  po::options_description all;
  auto add = all.add_options();
  for (const auto& setting : settings_table()) {
    auto* value = po::value<std::string>();
    if (setting.shape == Shape::flag) value->implicit_value("true");
    add(option_name(setting.key).c_str(), value);
  }
  for (const auto& option : control_options) {
    if (option.value_name == nullptr) {
      add(option.name, "");
    } else {
      add(option.name, po::value<std::string>());
    }
  }
  return all;
}

std::string known_options() { return fmt::format("accepted: --{}", fmt::join(option_names(), ", --")); }

tl::unexpected<OptionsError> unknown_option(std::string_view token) {
  const auto name = token.substr(std::min(token.find_first_not_of('-'), token.size()));
  const auto names = option_names();
  const auto near = nearest(name.substr(0, name.find('=')), {names.begin(), names.end()});
  if (near.empty()) return usage(fmt::format("unknown option {}; {}", in_quotes(token), known_options()));
  return usage(fmt::format("unknown option {}; did you mean --{}?", in_quotes(token), near));
}

std::string_view accepted_by(std::string_view name) {
  const auto* setting = setting_of(name);
  return setting == nullptr ? config_forms : setting->accepted;
}

tl::unexpected<OptionsError> needs_value(std::string_view name) {
  return usage(fmt::format("--{}: needs a value; accepted: {}", name, accepted_by(name)));
}

tl::unexpected<OptionsError> bad_syntax(const po::invalid_command_line_syntax& error) {
  using Syntax = po::invalid_command_line_syntax;
  auto name = error.get_option_name();
  name.erase(0, name.find_first_not_of('-'));
  switch (error.kind()) {
    case Syntax::missing_parameter:
    case Syntax::empty_adjacent_parameter:
      return needs_value(name);
    case Syntax::extra_parameter:
      return usage(fmt::format("--{}: takes no value; accepted: --{}", name, name));
    default:
      return usage(fmt::format("{}; {}", printable(error.what()), known_options()));
  }
}

Checked<std::vector<po::option>> tokens(const std::vector<std::string>& arguments) {
  // Long options in full only: an abbreviation would change its meaning with the next new option.
  namespace style = po::command_line_style;
  constexpr auto plain = style::allow_long | style::long_allow_next | style::long_allow_adjacent;
  try {
    const auto all = grammar();
    return po::command_line_parser(arguments).options(all).style(plain).run().options;
  } catch (const po::unknown_option& error) {
    return unknown_option(error.get_option_name());
  } catch (const po::invalid_command_line_syntax& error) {
    return bad_syntax(error);
  } catch (const po::error& error) {
    return usage(fmt::format("{}; {}", printable(error.what()), known_options()));
  }
}

tl::unexpected<OptionsError> no_option(const std::string& token) {
  if (token.starts_with('-')) return unknown_option(token);
  return usage(fmt::format("{} is no option; {}", in_quotes(token), known_options()));
}

bool has_shape(const Setting* setting, Shape shape) { return setting != nullptr && setting->shape == shape; }

/// What Boost would take as a value, but is the next option, or stands alone behind a flag.
Checked<void> check_next_token(const po::option& option, const Setting* setting) {
  if (option.original_tokens.size() < 2) return {};
  const auto& next = option.original_tokens[1];
  if (has_shape(setting, Shape::flag)) return no_option(next);
  if (next.starts_with("--")) return needs_value(option.string_key);
  return {};
}

Checked<void> add(const po::option& option, Given& given) {
  if (option.string_key.empty()) return no_option(option.original_tokens.front());
  const auto* setting = setting_of(option.string_key);
  auto checked = check_next_token(option, setting);
  if (!checked) return checked;
  const auto [entry, is_new] = given.try_emplace(option.string_key);
  if (!is_new && !has_shape(setting, Shape::list)) {
    return usage(fmt::format("--{}: given twice; accepted: once", option.string_key));
  }
  entry->second.insert(entry->second.end(), option.value.begin(), option.value.end());
  return {};
}

Checked<Given> collect(const std::vector<po::option>& options) {
  Given given;
  for (const auto& option : options) {
    const auto added = add(option, given);
    if (!added) return tl::unexpected{added.error()};
  }
  return given;
}

Action action_of(const Given& given) {
  if (given.contains("help")) return Action::help;
  if (given.contains("version")) return Action::version;
  return given.contains("check-config") ? Action::check_config : Action::run;
}

/// The value of --config, or empty.
Checked<std::string> config_file_of(const Given& given) {
  const auto entry = given.find("config");
  if (entry == given.end()) return std::string{};
  if (entry->second.front().empty()) {
    return usage(fmt::format("--config: {}: nothing given; accepted: {}", in_quotes(""), config_forms));
  }
  return entry->second.front();
}

Checked<FileSettings> file_settings(const std::string& path) {
  if (path.empty()) return FileSettings{};
  auto read = read_yaml_file(path);
  if (!read) return bad_file(read.error());
  return *std::move(read);
}

Checked<Settings> override_with(const Given& given, Settings settings) {
  for (const auto& [name, values] : given) {
    const auto* setting = setting_of(name);
    if (setting == nullptr) continue;
    const auto set = setting->set(settings, values.empty() ? std::vector<std::string>{"true"} : values);
    if (!set) return usage(fmt::format("--{}: {}", name, set.error()));
  }
  return settings;
}

/// Whoever gave one of the settings has to change it: the command line first, as it was written last.
OptionsError blame(const Conflict& conflict, const Given& given, const Options& options,
                   const FileSettings& file) {
  for (const auto key : conflict.keys) {
    const auto name = option_name(key);
    if (given.contains(name)) return {ExitCode::usage, fmt::format("--{}: {}", name, conflict.message)};
  }
  for (const auto key : conflict.keys) {
    const auto line = file.lines.find(key);
    if (line == file.lines.end()) continue;
    return {ExitCode::config, fmt::format("{}:{}: {}: {}", printable(options.config_file), line->second, key,
                                          conflict.message)};
  }
  return {ExitCode::usage, conflict.message};
}

Checked<Options> with_settings(const Given& given, Options options) {
  const auto file = file_settings(options.config_file);
  if (!file) return tl::unexpected{file.error()};
  auto merged = override_with(given, file->settings);
  if (!merged) return tl::unexpected{merged.error()};
  if (const auto conflict = find_conflict(*merged)) {
    return tl::unexpected{blame(*conflict, given, options, *file)};
  }
  options.settings = *std::move(merged);
  return options;
}

Checked<Options> interpret(const Given& given) {
  const auto action = action_of(given);
  if (action == Action::help || action == Action::version) return Options{action, {}, {}};
  auto file = config_file_of(given);
  if (!file) return tl::unexpected{file.error()};
  return with_settings(given, {action, {}, *std::move(file)});
}

std::string default_of(const Setting& setting) {
  auto shown = setting.show(Settings{});
  return shown.empty() ? std::string{setting.unset} : shown;
}

std::string table_of_settings(std::string_view group) {
  po::options_description part{std::string{group}, 100, 60};
  for (const auto& setting : settings_table()) {
    if (setting.group != group) continue;
    const auto name = option_name(setting.key);
    const auto text = fmt::format("{} Default: {}.", setting.meaning, default_of(setting));
    if (setting.shape == Shape::flag) {
      part.add_options()(name.c_str(), text.c_str());
    } else {
      part.add_options()(name.c_str(), po::value<std::string>()->value_name(std::string{setting.value_name}),
                         text.c_str());
    }
  }
  return (std::ostringstream{} << part).str();
}

std::string table_of_control_options() {
  po::options_description part{std::string{control_group}, 100, 60};
  for (const auto& option : control_options) {
    if (option.value_name == nullptr) {
      part.add_options()(option.name, option.meaning);
    } else {
      part.add_options()(option.name, po::value<std::string>()->value_name(option.value_name),
                         option.meaning);
    }
  }
  return (std::ostringstream{} << part).str();
}

std::string exit_codes() {
  constexpr std::pair<ExitCode, std::string_view> codes[] = {
      {ExitCode::ok, "done, or stopped by SIGTERM or SIGINT"},
      {ExitCode::failure, "a reclaim of --once failed, or something unexpected happened"},
      {ExitCode::usage, "an option or its value is not accepted"},
      {ExitCode::unavailable, "no memory controller, no such parent, or a kernel without memory.reclaim"},
      {ExitCode::no_permission, "no permission to read or write what is needed"},
      {ExitCode::config, "the configuration file can't be read or is not accepted"},
  };
  std::string text{"Exit codes:\n"};
  for (const auto& [code, meaning] : codes)
    text += fmt::format("  {:>2}  {}\n", static_cast<int>(code), meaning);
  return text;
}

}  // namespace

Checked<Options> parse_options(const std::vector<std::string>& arguments) {
  return tokens(arguments).and_then(collect).and_then(interpret);
}

std::string help_text() {
  std::string text{
      "Usage: cgroup-memory-manager [OPTION]...\n"
      "Watches the containers below a cgroup and frees their page cache through the kernel when it passes a\n"
      "threshold.\n\n"};
  std::string_view group;
  for (const auto& setting : settings_table()) {
    if (setting.group == group) continue;
    group = setting.group;
    text += table_of_settings(group) + '\n';
  }
  return text + table_of_control_options() +
         "\nSizes: B; kB, KB, K = 1000; KiB, Ki = 1024; M, G and T likewise; a bare number is bytes.\n"
         "Durations: ms, s, m, h; a bare number is seconds. Fractions and one blank before the unit are "
         "fine.\n"
         "A flag that the file switches on is switched off with =false, as in --once=false.\n\n" +
         exit_codes();
}

std::string version_text() { return "cgroup-memory-manager " CMM_VERSION "\n"; }

}  // namespace cmm
