// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto memory = parse_meminfo(text);
  if (!memory) return;
  check(memory->total > Bytes{}, "a node has memory");
  check(memory->total.count() % 1024 == 0 && memory->swap_total.count() % 1024 == 0,
        "the kernel counts in kB");
  const auto kib = [](Bytes bytes) { return std::to_string(bytes.count() / 1024) + " kB\n"; };
  const auto again =
      parse_meminfo("MemTotal: " + kib(memory->total) + "SwapTotal: " + kib(memory->swap_total));
  check(again && again->total == memory->total && again->swap_total == memory->swap_total, "it reads back");
}
