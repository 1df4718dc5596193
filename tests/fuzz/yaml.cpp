// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.hpp"

#include <string>

#include "config/settings_table.hpp"
#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto file = parse_yaml(text, "fuzz.yaml");
  if (!file) {
    check(file.error().starts_with("fuzz.yaml:"), "a message says where");
    check(file.error().find('\n') == std::string::npos, "a message is one line");
    return;
  }
  const auto again = parse_yaml(to_yaml(file->settings), "again.yaml");
  check(again && again->settings == file->settings, "settings read back");
  find_conflict(file->settings);
}
