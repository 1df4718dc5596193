// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/container_name.hpp"

#include <string>

#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  is_kubernetes_level(text);
  const auto id = container_id(text);
  if (id.empty()) return;
  check(id.size() == 64, "an id has 64 digits");
  check(id.find_first_not_of("0123456789abcdef") == std::string_view::npos, "an id is hexadecimal");
  const std::string end{id};
  check(text.ends_with(end) || text.ends_with(end + ".scope"), "an id is at the end of the name");
  check(container_id(id) == id, "an id alone is a name");
  check(!is_container_helper(text), "a helper carries no id");
}
