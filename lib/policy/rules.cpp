// SPDX-License-Identifier: Apache-2.0
#include "policy/rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <vector>

namespace cmm {
namespace {

/// Without FNM_PATHNAME, so that one `*` stands for any number of levels.
bool fits(const std::string& pattern, const std::string& text) {
  return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

bool fits_container(const std::string& pattern, const std::string& id) {
  return pattern.empty() || (!id.empty() && fits(pattern, id));
}

bool matches(const Match& match, const Cgroup& cgroup) {
  const bool path_fits = match.path.empty() || fits(match.path, cgroup.path);
  return path_fits && fits_container(match.container, cgroup.container_id);
}

}  // namespace

std::optional<std::size_t> find_rule(const Rules& rules, const Cgroup& cgroup) {
  const auto found =
      std::ranges::find_if(rules, [&](const Rule& rule) { return matches(rule.match, cgroup); });
  if (found == rules.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rules.begin());
}

ReclaimPolicy with_rule(const ReclaimPolicy& policy, const Rule& rule) {
  auto result = policy;
  if (rule.threshold) {
    result.threshold = *rule.threshold;
    // The other target was meant for the other threshold, and may well be above this one.
    result.target.reset();
  }
  if (rule.target) result.target = rule.target;
  result.cooldown = rule.cooldown.value_or(policy.cooldown);
  result.max_pressure = rule.max_pressure.value_or(policy.max_pressure);
  return result;
}

std::string rule_name(const Rules& rules, std::size_t place) {
  const auto& match = rules.at(place).match;
  std::vector<std::string> parts;
  if (!match.path.empty()) parts.push_back("path " + match.path);
  if (!match.container.empty()) parts.push_back("container " + match.container);
  return fmt::format("rule {} ({})", place + 1, fmt::join(parts, ", "));
}

}  // namespace cmm
