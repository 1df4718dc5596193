// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "daemon/explanation.hpp"
#include "daemon/status_command.hpp"
#include "daemon/status_document.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

void check_shown(std::string_view text) {
  const auto obeyed = [](char c) { return (c >= '\0' && c < ' ' && c != '\n') || c == '\x7f'; };
  check(std::ranges::none_of(text, obeyed), "a terminal gets nothing to obey");
}

}  // namespace

void fuzz(std::string_view text) {
  auto document = understand(text);
  if (!document) {
    check(document.error().find('\n') == std::string::npos && document.error().size() < 1000,
          "a message is one short line");
    return check_shown(document.error());
  }
  // Files that the document names are none of this machine's.
  document->status.daemon.mount = "/nowhere";
  const auto table = status_table(*document);
  check_shown(table);
  for (const auto& target : document->status.targets) {
    const auto explained = explain(*document, target.cgroup);
    check_shown(explained ? *explained : explained.error().message);
  }
  const auto again = understand(document->json.dump());
  check(again && status_table(*again) == table, "it reads back");
}

}  // namespace cmm::test
