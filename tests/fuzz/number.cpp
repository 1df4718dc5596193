// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto number = parse_number(text);
  if (!number) return;
  check(text.ends_with('\n'), "a number is whole");
  check(parse_number(std::to_string(*number) + "\n") == number, "a number reads back");
}
