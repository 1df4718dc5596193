// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/quantity.hpp"
#include "config/settings.hpp"

namespace cmm {

/// How often and in which form a setting can be given.
enum class Shape {
  value,  ///< one value
  list,   ///< any number of values
  flag,   ///< true or false; as an option also without a value, which is true
  map,    ///< one word, or keys with values; each is a text "key=value", in an option with ',' between them
};

/// Everything that the YAML file, the command line, --help and --check-config have to know of one setting.
/// A new setting is a member of Settings and a row of the table, and nothing else.
struct Setting {
  std::string_view key;  ///< in YAML; the option has '-' for '_'
  Shape shape;
  std::string_view group;       ///< heading in --help
  std::string_view value_name;  ///< placeholder in --help; empty for flags
  std::string_view meaning;     ///< one sentence
  std::string_view unset;       ///< what holds while `show` has nothing to show
  std::string_view accepted;    ///< the accepted forms, in words

  /// Replaces the value. Exactly one text, except for Shape::list and Shape::map. The error is one line:
  /// value, reason, accepted forms; the settings are then unchanged.
  Parsed<void> (*set)(Settings&, std::span<const std::string> texts);
  /// The value in YAML; empty: not set.
  std::string (*show)(const Settings&);

  std::span<const std::string_view> map_keys{};  ///< of a Shape::map
};

/// All settings, in the order of --help.
std::span<const Setting> settings_table();

/// The setting with this YAML key, or nullptr.
const Setting* find_setting(std::string_view key);

/// All YAML keys.
std::vector<std::string_view> setting_keys();

/// Settings that are each accepted, but not together.
struct Conflict {
  std::vector<std::string_view> keys;  ///< the keys that take part, the one to be changed first
  std::string message;                 ///< one line: what contradicts what, and what is accepted
};

/// What only the final settings can be asked: whether they fit together. To be called once file and command
/// line are merged, as the one may correct the other.
std::optional<Conflict> find_conflict(const Settings& settings);

/// "debug", "info", "warn", "error".
std::string_view to_string(LogLevel level);

}  // namespace cmm
