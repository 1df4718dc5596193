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
  if (std::holds_alternative<Needed>(skip)) return why + ": what was freed came straight back";
  if (const auto* pressure = std::get_if<UnderPressure>(&skip)) {
    return fmt::format("{}: tasks stalled {:.4g} % of the last 10 s", why, pressure->some_avg10.value);
  }
  if (const auto* ignored = std::get_if<Ignored>(&skip)) {
    return why + (ignored->by == Ignored::By::rule ? " by a rule" : " by its attribute");
  }
  if (const auto* deferred = std::get_if<Deferred>(&skip)) {
    return fmt::format("{}: the cycle's {} budget is spent", why,
                       deferred->budget == Deferred::Budget::bytes ? "byte" : "CPU");
  }
  if (const auto* stuck = std::get_if<Stuck>(&skip)) {
    if (stuck->rests_until)
      return fmt::format("{} in the kernel lately: it rests for {}", why,
                         describe(*stuck->rests_until - now));
    return fmt::format("{} in the kernel for {}", why, describe(now - stuck->since));
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

std::string describe(const std::vector<Parent>& parents) {
  std::string text;
  for (const auto& parent : parents) text += (text.empty() ? "" : ", ") + parent.path;
  return text;
}

std::string describe(Duration duration) {
  return describe_seconds(std::chrono::duration<double>{duration}.count());
}

std::string describe_seconds(double seconds) {
  if (seconds < 1) return fmt::format("{:.4g} ms", seconds * 1000);
  return seconds < 1000 ? fmt::format("{:.4g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

}  // namespace cmm
