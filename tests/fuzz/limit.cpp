// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

/// As the kernel prints it.
std::string print(Limit limit) {
  return limit.is_max() ? "max\n" : std::to_string(limit.value_or(Bytes{}).count()) + "\n";
}

}  // namespace

void fuzz(std::string_view text) {
  const auto limit = parse_limit(text);
  const auto number = parse_number(text);
  check(!number || limit == Limit{Bytes{*number}}, "every number is a limit");
  const auto shown = parse_set_limit(text);
  check(shown.has_value() == limit.has_value(), "both take the same");
  if (!limit) return;
  check(number || text == "max\n", "a limit is a number or max");
  check(parse_limit(print(*limit)) == limit, "a limit reads back");
  check(parse_set_limit(print(*shown)) == shown, "a shown limit reads back");
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<long>::max());
  check(shown->is_max() || shown->value_or(Bytes{}).count() < kMost,
        "v1's unlimited isn't shown as a number");
  check(shown->is_max() || shown == limit, "another limit is shown as it is");
}

}  // namespace cmm::test
