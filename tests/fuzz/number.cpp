// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto number = parse_number(text);
  const auto limit = parse_limit(text);
  if (number) {
    check(parse_number(std::to_string(*number) + "\n") == number, "a number reads back");
    check(limit == Limit{Bytes{*number}}, "every number is a limit");
  }
  if (limit && !number) check(limit->is_max() && text.starts_with("max"), "a limit is a number or max");
}
