// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "config/rules_yaml.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

/// What is wrong with a rule is told in one line that says what is accepted.
void check_complaint(const Complaint& complaint) {
  check(complaint.line >= 1, "a complaint has a line");
  check(complaint.message.starts_with("rules: "), "a complaint is about the rules");
  check(complaint.message.find('\n') == std::string::npos, "a complaint is one line");
  check(complaint.message.find("accepted: ") != std::string::npos ||
            complaint.message.find("did you mean ") != std::string::npos ||
            complaint.message.find("target: ") != std::string::npos,
        "a complaint says what is accepted");
}

void check_rule(const Rule& rule) {
  check(rule.match != Match{}, "a rule matches by something");
  const bool replaces = rule.threshold || rule.target || rule.cooldown || rule.max_pressure;
  check(rule.ignore != replaces, "a rule says ignore, or replaces something");
}

}  // namespace

void fuzz(std::string_view text) {
  YAML::Node value;
  try {
    value = YAML::Load(std::string{text});
  } catch (const YAML::Exception&) {
    return;
  }
  const auto rules = read_rules(value, {});
  if (!rules) return check_complaint(rules.error());
  for (const auto& rule : *rules) check_rule(rule);
  if (rules->empty()) return;
  const auto again = YAML::Load(to_yaml(*rules));
  check(read_rules(again["rules"], {}) == *rules, "rules read back");
}

}  // namespace cmm::test
