// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

void check_pids(std::string_view text) {
  const auto pids = parse_pids(text);
  if (!pids) return;
  check(std::ssize(*pids) == std::ranges::count(text, '\n'), "each line is a process");
  std::string again;
  for (const auto pid : *pids) {
    check(pid >= 0, "a pid isn't negative: kill would take it for a group");
    again += std::to_string(pid) + "\n";
  }
  check(parse_pids(again) == pids, "pids read back");
}

void check_start(std::string_view text) {
  const auto start = parse_process_stat(text);
  if (!start) return;
  check(start->pid > 0, "it is a process");
  const auto again = std::to_string(start->pid) + " (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
                     std::to_string(start->ticks) + " 0\n";
  check(parse_process_stat(again) == start, "it reads back");
}

}  // namespace

void fuzz(std::string_view text) {
  check_pids(text);
  check_start(text);
}

}  // namespace cmm::test
