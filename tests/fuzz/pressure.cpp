// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <string>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

std::string print(double value) {
  std::array<char, 2048> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  check(error == std::errc{}, "a percentage can be printed");
  return {text.data(), end};
}

}  // namespace

void fuzz(std::string_view text) {
  for (const std::string kind : {"some", "full"}) {
    const auto pressure = parse_pressure(text, kind);
    if (!pressure) continue;
    check(text.starts_with(kind + " avg10="), "it is the line of its kind");
    check(pressure->value >= 0 && pressure->value <= 100, "it is a percentage");
    check(parse_pressure(kind + " avg10=" + print(pressure->value) + " avg60=0.00\n", kind) == pressure,
          "it reads back");
  }
}

}  // namespace cmm::test
