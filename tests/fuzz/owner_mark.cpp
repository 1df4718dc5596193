// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/owner_mark.hpp"

#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto mark = parse_owner_mark(text);
  if (!mark) return;
  check(mark->maker.pid > 0, "a maker is a process");
  check(mark->pid_namespace.starts_with("pid:[") && mark->pid_namespace.ends_with(']'), "it has a namespace");
  check(to_string(*mark) == text, "a mark is as it is written, and no other way");
}
