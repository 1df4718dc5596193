// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>

#include "cgroupfs/parse.hpp"
#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto mounts = parse_mountinfo(text);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  check(mounts.size() <= lines, "at most one mount in a line");
  for (const auto& mount : mounts) {
    check(!mount.mount_point.empty() && !mount.type.empty(), "a mount has a place and a type");
    check(mount.type.find(' ') == std::string::npos, "a type is one word");
    check(mount.mount_point.size() <= text.size(), "escapes only get shorter");
    contains_word(mount.super_options, ',', "memory");
  }
}
