// SPDX-License-Identifier: Apache-2.0
#include "config/rules_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "config/settings_table.hpp"
#include "config/text.hpp"

namespace cmm {
namespace {

constexpr std::string_view rules_forms =
    "a list of rules like {match: {path: \"*/db-*\"}, action: ignore} or {match: {path: \"*/build-*\"}, "
    "threshold: 10%}";
constexpr std::string_view match_forms =
    "a map of namespace, pod, container, qos, path and container_id, or of some of them, like {path: "
    "\"*/db-*\"} or {namespace: \"ci-*\", qos: besteffort}";
constexpr std::string_view qos_key = "qos";
constexpr std::string_view qos_forms = "guaranteed, burstable or besteffort";
constexpr std::string_view action_forms = "ignore";
constexpr std::string_view content_forms =
    "action: ignore alone, or at least one of threshold, target, cooldown and max_pressure";

/// What is compared with a glob.
struct Pattern {
  std::string_view key;
  std::string Match::*pattern;
  std::string_view accepted;
};

constexpr std::array patterns{
    Pattern{"namespace", &Match::namespace_name, "a glob like \"ci-*\" that is compared with the namespace"},
    Pattern{"pod", &Match::pod, "a glob like \"build-*\" that is compared with the pod's name"},
    Pattern{"container", &Match::container,
            "a glob like \"postgres\" that is compared with the container's name in its pod"},
    Pattern{"path", &Match::path,
            "a glob like \"*/db-*\" that is compared with the whole path below the mount of the memory "
            "hierarchy"},
    Pattern{"container_id", &Match::container_id,
            "a glob like \"1f2e*\" that is compared with the container id"},
};

constexpr std::array qos_classes{QosClass::guaranteed, QosClass::burstable, QosClass::best_effort};

/// A setting that a rule can replace. Its row of the settings' table knows how it is read and written; this
/// is the way between a rule and the policy that the row works on.
struct Replaced {
  std::string_view key;
  void (*take)(const ReclaimPolicy&, Rule&);
  bool (*put)(const Rule&, ReclaimPolicy&);  ///< false: the rule doesn't replace it
};

template <class T, class Member>
bool put(const std::optional<T>& value, Member& member) {
  if (value) member = *value;
  return value.has_value();
}

constexpr std::array replaceable{
    Replaced{"threshold", [](const ReclaimPolicy& p, Rule& r) { r.threshold = p.threshold; },
             [](const Rule& r, ReclaimPolicy& p) { return put(r.threshold, p.threshold); }},
    Replaced{"target", [](const ReclaimPolicy& p, Rule& r) { r.target = p.target; },
             [](const Rule& r, ReclaimPolicy& p) { return put(r.target, p.target); }},
    Replaced{"cooldown", [](const ReclaimPolicy& p, Rule& r) { r.cooldown = p.cooldown; },
             [](const Rule& r, ReclaimPolicy& p) { return put(r.cooldown, p.cooldown); }},
    Replaced{"max_pressure", [](const ReclaimPolicy& p, Rule& r) { r.max_pressure = p.max_pressure; },
             [](const Rule& r, ReclaimPolicy& p) { return put(r.max_pressure, p.max_pressure); }},
};

std::vector<std::string_view> rule_keys() {
  std::vector<std::string_view> keys{"match", "action"};
  for (const auto& replaced : replaceable) keys.push_back(replaced.key);
  return keys;
}

tl::unexpected<Complaint> refuse(const YAML::Mark& mark, std::string_view name, std::string_view text,
                                 std::string_view why, std::string_view accepted) {
  return complain(mark, fmt::format("{}: {}: {}; accepted: {}", name, in_quotes(text), why, accepted));
}

std::vector<std::string_view> match_keys() {
  std::vector<std::string_view> keys{qos_key};
  for (const auto& pattern : patterns) keys.push_back(pattern.key);
  return keys;
}

Checked<std::string> read_pattern(const Pattern& pattern, const YAML::Node& value, const YAML::Mark& mark) {
  const auto& [key, member, accepted] = pattern;
  auto text = scalar_of(value, mark, key, accepted);
  if (!text) return text;
  if (text->empty()) return refuse(mark, key, *text, "nothing given", accepted);
  if (text->find('\0') != std::string::npos) return refuse(mark, key, *text, "not a pattern", accepted);
  if (text->front() == '/') {
    return refuse(mark, key, *text, "matches nothing, as nothing begins with a slash", accepted);
  }
  return text;
}

Checked<QosClass> read_qos(const YAML::Node& value, const YAML::Mark& mark) {
  const auto text = scalar_of(value, mark, qos_key, qos_forms);
  if (!text) return tl::unexpected{text.error()};
  const auto* found = std::ranges::find(qos_classes, *text, [](QosClass qos) { return to_string(qos); });
  if (found == qos_classes.end()) return refuse(mark, qos_key, *text, "unknown class", qos_forms);
  return *found;
}

Checked<Match> read_match(const YAML::Node& value, const YAML::Mark& mark) {
  if (!value.IsMap() || has_own_tag(value)) return wrong_type(value, mark, "match", match_forms);
  Match match;
  const auto read = [&](const std::string& key, const YAML::Node& node,
                        const YAML::Mark& place) -> Checked<void> {
    if (key == qos_key) return read_qos(node, place).map([&](QosClass qos) { match.qos = qos; });
    const auto& pattern = *std::ranges::find(patterns, key, &Pattern::key);
    return read_pattern(pattern, node, place).map([&](std::string&& text) {
      match.*pattern.pattern = std::move(text);
    });
  };
  const auto lines = read_map(value, match_keys(), read);
  if (!lines) return tl::unexpected{lines.error()};
  if (lines->empty()) return complain(mark, fmt::format("match: nothing given; accepted: {}", match_forms));
  return match;
}

Checked<void> read_action(const YAML::Node& value, const YAML::Mark& mark, Rule& rule) {
  const auto text = scalar_of(value, mark, "action", action_forms);
  if (!text) return tl::unexpected{text.error()};
  if (*text != "ignore") return refuse(mark, "action", *text, "unknown action", action_forms);
  rule.ignore = true;
  return {};
}

Checked<void> read_replaced(const Replaced& replaced, const YAML::Node& value, const YAML::Mark& mark,
                            Rule& rule) {
  const auto* setting = find_setting(replaced.key);
  const auto text = scalar_of(value, mark, setting->key, setting->accepted);
  if (!text) return tl::unexpected{text.error()};
  Settings settings;
  const auto set = setting->set(settings, std::array{*text});
  if (!set) return complain(mark, fmt::format("{}: {}", setting->key, set.error()));
  replaced.take(settings.policy, rule);
  return {};
}

Checked<void> read_entry(const std::string& key, const YAML::Node& value, const YAML::Mark& mark,
                         Rule& rule) {
  if (key == "match")
    return read_match(value, mark).map([&](Match&& match) { rule.match = std::move(match); });
  if (key == "action") return read_action(value, mark, rule);
  return read_replaced(*std::ranges::find(replaceable, key, &Replaced::key), value, mark, rule);
}

/// What is wrong with a rule whose keys are `lines`, each of which is right.
Checked<void> check_rule(const Rule& rule, const Lines& lines, const YAML::Mark& mark) {
  if (!lines.contains("match")) {
    return complain(mark, fmt::format("a rule without match; accepted: {}", match_forms));
  }
  const bool replaces = lines.size() > (rule.ignore ? 2 : 1);
  if (replaces == rule.ignore) {
    return complain(mark,
                    fmt::format("a rule with {}; accepted: {}",
                                rule.ignore ? "both an action and values" : "neither an action nor values",
                                content_forms));
  }
  if (!rule.threshold || !rule.target) return {};
  Settings settings;
  settings.policy.threshold = *rule.threshold;
  settings.policy.target = rule.target;
  const auto conflict = find_conflict(settings);
  if (!conflict) return {};
  return tl::unexpected{
      Complaint{lines.find("target")->second, fmt::format("target: {}", conflict->message)}};
}

Checked<Rule> read_rule(const YAML::Node& value, const YAML::Mark& mark) {
  if (!value.IsMap() || has_own_tag(value)) {
    return complain(mark, fmt::format("{} instead of a rule; accepted: {}", describe(value), rules_forms));
  }
  Rule rule;
  const auto read = [&](const std::string& key, const YAML::Node& node, const YAML::Mark& place) {
    return read_entry(key, node, place, rule);
  };
  return read_map(value, rule_keys(), read)
      .and_then([&](const Lines& lines) { return check_rule(rule, lines, mark); })
      .map([&] { return rule; });
}

std::string to_yaml(const Match& match) {
  std::vector<std::string> parts;
  for (const auto& [key, pattern, accepted] : patterns) {
    if (!(match.*pattern).empty()) parts.push_back(fmt::format("{}: {}", key, yaml_string(match.*pattern)));
  }
  if (match.qos) parts.push_back(fmt::format("{}: {}", qos_key, to_string(*match.qos)));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

std::string to_yaml(const Rule& rule) {
  auto text = fmt::format("  - match: {}\n", to_yaml(rule.match));
  if (rule.ignore) text += "    action: ignore\n";
  for (const auto& replaced : replaceable) {
    Settings settings;
    if (!replaced.put(rule, settings.policy)) continue;
    text += fmt::format("    {}: {}\n", replaced.key, find_setting(replaced.key)->show(settings));
  }
  return text;
}

}  // namespace

Checked<Rules> read_rules(const YAML::Node& value, const YAML::Mark& mark) {
  if (!value.IsSequence() || has_own_tag(value)) return wrong_type(value, mark, rules_key, rules_forms);
  Rules rules;
  for (const auto& element : value) {
    auto rule = read_rule(element, mark_of(element, mark)).map_error(within(rules_key));
    if (!rule) return tl::unexpected{rule.error()};
    rules.push_back(*std::move(rule));
  }
  return rules;
}

std::string to_yaml(const Rules& rules) {
  if (rules.empty()) return fmt::format("# {}: none\n", rules_key);
  auto text = fmt::format("{}:\n", rules_key);
  for (const auto& rule : rules) text += to_yaml(rule);
  return text;
}

}  // namespace cmm
