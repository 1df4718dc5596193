// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "config/quantity.hpp"
#include "config/settings.hpp"

namespace cmm {

/// The largest configuration that is read, in bytes. The parser needs up to 260 times as much for its tokens,
/// and the systemd unit and the manifests let the daemon have 64 MiB.
inline constexpr std::size_t largest_config = std::size_t{128} << 10U;

/// What a configuration file says.
struct FileSettings {
  Settings settings;                              ///< the given ones, changed by the file
  std::map<std::string, int, std::less<>> lines;  ///< for each key of the file the line it is in, from 1
};

/// Reads YAML text: one map of the keys of settings_table() and of `rules`, each at most once; an empty text
/// changes nothing. `file` is the name for messages. Errors are one line "FILE:LINE: key: …" that says what
/// is accepted. Whether the settings fit together is left to find_conflict().
Parsed<FileSettings> parse_yaml(std::string_view text, std::string_view file, Settings base = {});

/// The same for a regular file; one that can't be read is an error with its path and the system's reason, one
/// that others may change is an error with who and the remedy. No other kind of file is opened for longer
/// than to see that, so that nothing is waited for.
Parsed<FileSettings> read_yaml_file(const std::string& path, Settings base = {});

/// The settings as YAML that parse_yaml reads back to the same settings. What is not set is a comment.
std::string to_yaml(const Settings& settings);

}  // namespace cmm
