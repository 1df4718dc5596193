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

/// No pattern is one of what isn't known.
bool fits_known(const std::string& pattern, const std::string& text) {
  return pattern.empty() || (!text.empty() && fits(pattern, text));
}

bool matches(const Match& match, const Cgroup& cgroup) {
  const auto& [uid, qos, names] = cgroup.workload;
  return fits_known(match.path, cgroup.path) && fits_known(match.container_id, cgroup.container_id) &&
         fits_known(match.namespace_name, names.namespace_name) && fits_known(match.pod, names.pod) &&
         fits_known(match.container, names.container) && (!match.qos || match.qos == qos);
}

/// What a rule's match says of one thing.
std::string part(std::string_view what, std::string_view said) {
  return said.empty() ? std::string{} : fmt::format("{} {}", what, said);
}

}  // namespace

std::optional<std::size_t> find_rule(const Rules& rules, const Cgroup& cgroup) {
  const auto found =
      std::ranges::find_if(rules, [&](const Rule& rule) { return matches(rule.match, cgroup); });
  if (found == rules.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rules.begin());
}

bool need_names(const Rules& rules) {
  return std::ranges::any_of(rules, [](const Rule& rule) {
    const auto& match = rule.match;
    return !match.namespace_name.empty() || !match.pod.empty() || !match.container.empty();
  });
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
  std::vector<std::string> parts{part("namespace", match.namespace_name),
                                 part("pod", match.pod),
                                 part("container", match.container),
                                 part("qos", match.qos ? to_string(*match.qos) : ""),
                                 part("path", match.path),
                                 part("container_id", match.container_id)};
  std::erase(parts, "");
  return fmt::format("rule {} ({})", place + 1, fmt::join(parts, ", "));
}

}  // namespace cmm
