// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/utsname.h>

#include "cgroupfs/features.hpp"
#include "tool/command.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

std::string answer(std::optional<bool> has, const char* otherwise) {
  if (!has) return otherwise;
  return *has ? "yes" : "no";
}

void print_answer(const std::string& name, const std::string& value) {
  fmt::print("{:<34} {}\n", name, value);
}

int version(const Invocation&) {
  fmt::print("cgroup-tool " CMM_VERSION "\n");
  utsname kernel{};
  ::uname(&kernel);
  print_answer("kernel", fmt::format("{} {}", kernel.sysname, kernel.release));
  const auto hierarchy = memory_hierarchy();
  const bool v1 = hierarchy.version == CgroupVersion::v1;
  const auto& interface = memory_interface(hierarchy.version);
  const auto features = probe_features(hierarchy);
  print_answer("hierarchy of the memory controller",
               fmt::format("cgroup v{} at {}", v1 ? 1 : 2, hierarchy.mount));
  constexpr const char* kUnknown = "unknown: no cgroup to ask has the memory controller";
  print_answer(interface.reclaim, answer(features.reclaim, kUnknown));
  print_answer("  swappiness argument",
               v1 ? "no (v1: memory.swappiness)"
                  : answer(features.swappiness_argument, "unknown: no permission to ask"));
  print_answer("PSI of the node", answer(features.pressure, ""));
  print_answer("PSI of each cgroup", answer(features.pressure_by_cgroup, kUnknown));
  print_answer("swap limited by cgroup", answer(features.swap_by_cgroup, kUnknown));
  print_answer("multi-generational LRU", answer(features.mglru, "no"));
  return 0;
}

}  // namespace

Command version_command() {
  return {.name = "version",
          .arguments = "",
          .summary = "Say which hierarchy this is, and what this kernel can do",
          .details = "",
          .options = {},
          .run = version};
}

}  // namespace cmm::tool
