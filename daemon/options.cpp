// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "cli/command_line.hpp"
#include "config/settings_table.hpp"
#include "config/text.hpp"
#include "config/yaml.hpp"

namespace cmm {
namespace {

template <class T>
using Checked = tl::expected<T, OptionsError>;
using Takes = CommandOption::Takes;

constexpr std::string_view config_forms = "the path of a YAML file";
constexpr std::string_view output_forms = "table or json";
constexpr std::string_view control_group = "Configuration and information";

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

std::string default_of(const Setting& setting) {
  auto shown = setting.show(Settings{});
  return shown.empty() ? std::string{setting.unset} : shown;
}

Takes takes(Shape shape) {
  if (shape == Shape::flag) return Takes::flag;
  return shape == Shape::list ? Takes::values : Takes::value;
}

CommandOption option_of(const Setting& setting) {
  return {.name = option_name(setting.key),
          .takes = takes(setting.shape),
          .value_name = std::string{setting.value_name},
          .meaning = fmt::format("{} Default: {}.", setting.meaning, default_of(setting)),
          .accepted = std::string{setting.accepted}};
}

/// The options that are no settings: they say what to do, or where the settings are.
std::vector<CommandOption> control_options() {
  return {{.name = "config",
           .value_name = "FILE",
           .meaning = "YAML file with settings; the command line overrides it. Default: no file is read. The "
                      "systemd unit passes /etc/cgroup-memory-manager.yaml.",
           .accepted = std::string{config_forms}},
          bare_option("check-config", "Print the effective settings as YAML and exit."),
          {.name = "output",
           .value_name = "FORM",
           .meaning = "Of status: table or json. Default: table.",
           .accepted = std::string{output_forms}},
          bare_option("version", "Print the version and exit."),
          bare_option("help", "Print this and exit.")};
}

std::vector<CommandOption> all_options() {
  std::vector<CommandOption> all;
  for (const auto& setting : settings_table()) all.push_back(option_of(setting));
  std::ranges::move(control_options(), std::back_inserter(all));
  return all;
}

const Setting* setting_of(std::string_view name) {
  const auto settings = settings_table();
  const auto found = std::ranges::find(settings, name, [](const Setting& s) { return option_name(s.key); });
  return found == settings.end() ? nullptr : &*found;
}

/// The options that were given, by name without the dashes, with their values.
using Given = std::map<std::string, std::vector<std::string>, std::less<>>;

struct Command {
  Action action;
  std::string subject;
};

/// The words that belong to no option: none, or a command.
Checked<Command> command_of(const std::vector<std::string>& words) {
  if (words.empty()) return Command{Action::run, {}};
  if (words.front() == "status" && words.size() == 1) return Command{Action::status, {}};
  if (words.front() == "explain") {
    if (words.size() == 2) return Command{Action::explain, words.back()};
    return usage("explain: name one cgroup, by its path, its container id or NAMESPACE/POD/CONTAINER");
  }
  const auto& stray = words.front() == "status" ? words[1] : words.front();
  return usage(fmt::format("{} is no option; {}", in_quotes(stray), known_options(all_options())));
}

Action action_of(const Given& given, Action command) {
  if (given.contains("help")) return Action::help;
  if (given.contains("version")) return Action::version;
  return given.contains("check-config") ? Action::check_config : command;
}

Checked<bool> wants_json(const Given& given, Action action) {
  const auto entry = given.find("output");
  if (entry == given.end()) return false;
  const auto& form = entry->second.front();
  if (action != Action::status) return usage("--output: is for status");
  if (form != "json" && form != "table") {
    return usage(fmt::format("--output: {}: unknown form; accepted: {}", in_quotes(form), output_forms));
  }
  return form == "json";
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

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (auto comma = text.find(','); comma != std::string::npos; comma = text.find(',', start)) {
    parts.push_back(text.substr(start, comma - start));
    start = comma + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

/// What was given of one option, as its setting wants it.
std::vector<std::string> texts_of(const Setting& setting, const std::vector<std::string>& values) {
  if (values.empty()) return {"true"};
  return setting.shape == Shape::map ? split_at_commas(values.front()) : values;
}

Checked<Settings> override_with(const Given& given, Settings settings) {
  for (const auto& [name, values] : given) {
    const auto* setting = setting_of(name);
    if (setting == nullptr) continue;
    const auto set = setting->set(settings, texts_of(*setting, values));
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
  options.lines = file->lines;
  std::erase_if(options.lines, [&](const auto& line) { return given.contains(option_name(line.first)); });
  return options;
}

Checked<Options> interpret(const CommandWords& words) {
  const auto& given = words.options;
  auto command = command_of(words.words);
  if (!command) return tl::unexpected{command.error()};
  Options options;
  options.action = action_of(given, command->action);
  options.subject = std::move(command->subject);
  if (options.action == Action::help || options.action == Action::version) return options;
  const auto json = wants_json(given, options.action);
  if (!json) return tl::unexpected{json.error()};
  options.output_json = *json;
  auto file = config_file_of(given);
  if (!file) return tl::unexpected{file.error()};
  options.config_file = *std::move(file);
  return with_settings(given, std::move(options));
}

std::string table_of_settings(std::string_view group) {
  std::vector<CommandOption> part;
  for (const auto& setting : settings_table()) {
    if (setting.group == group) part.push_back(option_of(setting));
  }
  return options_table(std::string{group}, part);
}

std::string exit_codes() {
  constexpr std::pair<ExitCode, std::string_view> codes[] = {
      {ExitCode::ok, "done, or stopped by SIGTERM or SIGINT"},
      {ExitCode::failure,
       "a reclaim of --once failed or hangs in the kernel, or something unexpected happened"},
      {ExitCode::usage, "an option or its value is not accepted, or the parent is no cgroup to watch"},
      {ExitCode::unavailable,
       "no memory controller, no such parent, or no memory.reclaim on this kernel (before Linux 5.19)"},
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
  const auto words = parse_command_line(arguments, all_options());
  if (!words) return usage(words.error());
  return interpret(*words);
}

std::string with_place(const Options& options, const std::string& message) {
  const auto line = options.lines.find(message.substr(0, message.find(':')));
  if (line == options.lines.end()) return message;
  return fmt::format("{}:{}: {}", printable(options.config_file), line->second, message);
}

std::string help_text() {
  std::string text{
      "Usage: cgroup-memory-manager [OPTION]...\n"
      "       cgroup-memory-manager status [--output table|json] [OPTION]...\n"
      "       cgroup-memory-manager explain PATH|CONTAINER-ID|NAMESPACE/POD[/CONTAINER] [OPTION]...\n"
      "Watches the containers below a cgroup and frees their page cache through the kernel when it passes a\n"
      "threshold. status lists what is watched, explain says why one cgroup would be reclaimed now or not;\n"
      "both ask the daemon that runs, and look by themselves where none does.\n\n"};
  std::string_view group;
  for (const auto& setting : settings_table()) {
    if (setting.group == group) continue;
    group = setting.group;
    text += table_of_settings(group) + '\n';
  }
  return text + options_table(std::string{control_group}, control_options()) +
         "\nSizes: B; kB, KB, K = 1000; KiB, Ki = 1024; M, G and T likewise; a bare number is bytes.\n"
         "Durations: ms, s, m, h; a bare number is seconds. Fractions and one blank before the unit are "
         "fine.\n"
         "A flag that the file switches on is switched off with =false, as in --once=false.\n\n" +
         exit_codes();
}

std::string version_text() { return "cgroup-memory-manager " CMM_VERSION "\n"; }

}  // namespace cmm
