// SPDX-License-Identifier: Apache-2.0
#include "tool/oom.hpp"

#include <fmt/format.h>

#include "cgroupfs/inspect.hpp"
#include "config/text.hpp"
#include "tool/inspection_text.hpp"
#include "tool/place.hpp"

namespace cmm::tool {

std::uint64_t oom_kills(const std::string& path) {
  const auto seen = inspect(memory_hierarchy(), path);
  return seen ? seen->events.oom_kill.value_or(0) : 0;
}

std::uint64_t oom_kills_since(const std::string& path, std::uint64_t before) {
  const auto now = oom_kills(path);
  return now > before ? now - before : 0;
}

std::string oom_text(const std::string& path, std::uint64_t kills) {
  const auto seen = inspect(memory_hierarchy(), path);
  if (!seen) return {};
  const auto& limit = seen->effective_limit;
  return fmt::format(
      "the kernel killed {} of '{}' because it was out of memory (events: {}; limit {}, {}; peak {})",
      kills == 1 ? "a process" : fmt::format("{} processes", kills), printable(path),
      events_text(seen->events), human(limit.bytes),
      limit.cgroup.empty() ? "the machine's memory"
                           : fmt::format("{} of '{}'", limit.file, printable(limit.cgroup)),
      seen->peak ? human(*seen->peak) : "not told by this kernel");
}

}  // namespace cmm::tool
