// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log_link.hpp"

#include <string>

#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto link = parse_log_link(text);
  if (!link) return;
  const auto& [id, names] = *link;
  check(names.pod + "_" + names.namespace_name + "_" + names.container + "-" + id + ".log" == text,
        "a link is made of what it says");
  check(!full_name(names).empty(), "no name is empty");
}
