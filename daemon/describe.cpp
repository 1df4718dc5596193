// SPDX-License-Identifier: Apache-2.0
#include "daemon/describe.hpp"

#include <fmt/format.h>

#include <chrono>

namespace cmm {
namespace {

std::string describe_skip(const Skip& skip, TimePoint now) {
  std::string why{reason(skip)};
  if (const auto* cooling = std::get_if<CoolingDown>(&skip)) {
    return fmt::format("{} for {}", why, describe(cooling->until - now));
  }
  if (const auto* unreadable = std::get_if<Unreadable>(&skip)) {
    return fmt::format("{}: {}", why, unreadable->why.message());
  }
  return why;
}

}  // namespace

std::string describe(const Decision& decision, TimePoint now) {
  if (const auto* skip = std::get_if<Skip>(&decision)) return describe_skip(*skip, now);
  return fmt::format("free {}", human(std::get<ReclaimRequest>(decision).bytes));
}

std::string describe(Duration duration) {
  using std::chrono::duration_cast;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const auto ms = duration_cast<Milliseconds>(duration).count();
  if (ms < 1000) return fmt::format("{:.4g} ms", ms);
  const auto seconds = ms / 1000;
  return seconds < 1000 ? fmt::format("{:.4g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

}  // namespace cmm
