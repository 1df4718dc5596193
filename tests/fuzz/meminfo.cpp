// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto memory = parse_meminfo(text);
  if (!memory) return;
  const auto& [total, free, available, swap_total] = *memory;
  check(total > Bytes{}, "a node has memory");
  std::string printed;
  for (const auto& [key, bytes] :
       {std::pair{"MemTotal", total}, std::pair{"MemFree", free}, std::pair{"MemAvailable", available},
        std::pair{"SwapTotal", swap_total}}) {
    check(bytes.count() % 1024 == 0, "the kernel counts in kB");
    printed += std::string{key} + ":  " + std::to_string(bytes.count() / 1024) + " kB\n";
  }
  const auto again = parse_meminfo(printed);
  check(again && again->total == total && again->free == free && again->available == available &&
            again->swap_total == swap_total,
        "it reads back");
}
