// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <string>

#include "cgroupfs/cgroup_files.hpp"
#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const auto version : {CgroupVersion::v1, CgroupVersion::v2}) {
    const auto& interface = memory_interface(version);
    const auto refaults = find_refaults(text, interface);
    if (!refaults) continue;
    check(text.ends_with('\n'), "the file is whole");
    check(refaults->count() % page == 0, "the kernel counts pages");
    const auto pages = refaults->count() / page;
    bool is_there = false;
    for (const auto key : interface.refault_keys) is_there = is_there || find_value(text, key) == pages;
    check(is_there, "the pages are those of a key");
    const auto line = std::string{interface.refault_keys[0]} + " " + std::to_string(pages) + "\n";
    check(find_refaults(line, interface) == refaults, "they read back");
  }
}
