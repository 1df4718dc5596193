// SPDX-License-Identifier: Apache-2.0
#include "policy/rules.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace cmm {
namespace {

using namespace std::chrono_literals;

Cgroup cgroup_at(std::string path, std::string container_id = {}) {
  return {.id = {}, .path = std::move(path), .container_id = std::move(container_id)};
}

Rule rule_for(std::string path, std::string container = {}) {
  Rule rule;
  rule.match.path = std::move(path);
  rule.match.container_id = std::move(container);
  return rule;
}

bool matches(const Rule& rule, const Cgroup& cgroup) { return find_rule({rule}, cgroup).has_value(); }

TEST(FindRule, WithoutRulesFindsNone) { EXPECT_FALSE(find_rule({}, cgroup_at("a"))); }

TEST(FindRule, MatchesAsAGlobOfTheWholePath) {
  const struct {
    std::string pattern, path;
    bool matches;
  } rows[] = {
      {"a/b", "a/b", true},    {"a", "a/b", false},    {"b", "a/b", false},     {"A/b", "a/b", false},
      {"a/?", "a/b", true},    {"a?b", "a/b", true},   {"a/[bc]", "a/c", true}, {"a/[!bc]", "a/c", false},
      {"a/\\*", "a/b", false}, {"a/\\*", "a/*", true}, {"*", ".hidden", true},  {"a/[", "a/[", true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(matches(rule_for(row.pattern), cgroup_at(row.path)), row.matches)
        << row.pattern << " " << row.path;
  }
}

TEST(FindRule, LetsAStarStandForSlashesToo) {
  const auto deep = cgroup_at("kubepods.slice/kubepods-burstable.slice/pod1/db-0.scope");
  EXPECT_TRUE(matches(rule_for("kubepods.slice/*"), deep));
  EXPECT_TRUE(matches(rule_for("*/db-*"), deep));
  EXPECT_TRUE(matches(rule_for("*"), deep));
  EXPECT_FALSE(matches(rule_for("*/db-*"), cgroup_at("db-0.scope")));
}

TEST(FindRule, MatchesAContainerByItsId) {
  const auto cgroup = cgroup_at("docker/1f2e", "1f2e");
  EXPECT_TRUE(matches(rule_for("", "1f*"), cgroup));
  EXPECT_FALSE(matches(rule_for("", "2f*"), cgroup));
  EXPECT_FALSE(matches(rule_for("", "1f"), cgroup));
}

TEST(FindRule, NeverMatchesAContainerPatternWhereThereIsNoContainerId) {
  EXPECT_FALSE(matches(rule_for("", "*"), cgroup_at("system.slice/cron.service")));
  EXPECT_FALSE(matches(rule_for("*", "*"), cgroup_at("system.slice/cron.service")));
  EXPECT_TRUE(matches(rule_for("*"), cgroup_at("system.slice/cron.service")));
}

TEST(FindRule, WantsAllThatIsSaid) {
  const auto rule = rule_for("docker/*", "1f*");
  EXPECT_TRUE(matches(rule, cgroup_at("docker/1f2e", "1f2e")));
  EXPECT_FALSE(matches(rule, cgroup_at("machine.slice/1f2e", "1f2e")));
  EXPECT_FALSE(matches(rule, cgroup_at("docker/2f2e", "2f2e")));
}

TEST(FindRule, TakesTheFirstThatMatches) {
  const Rules rules{rule_for("b/*"), rule_for("a/b"), rule_for("a/*"), rule_for("*")};
  EXPECT_EQ(find_rule(rules, cgroup_at("a/b")), 1U);
  EXPECT_EQ(find_rule(rules, cgroup_at("a/c")), 2U);
  EXPECT_EQ(find_rule(rules, cgroup_at("b/a")), 0U);
  EXPECT_EQ(find_rule(rules, cgroup_at("c")), 3U);
}

ReclaimPolicy policy_for_all() {
  ReclaimPolicy policy;
  policy.threshold = Percent{40};
  policy.target = Percent{30};
  policy.cooldown = 60s;
  policy.max_pressure = Percent{5};
  policy.allow_swap = true;
  return policy;
}

TEST(WithRule, ThatSaysNothingLeavesThePolicyAsItIs) {
  EXPECT_EQ(with_rule(policy_for_all(), rule_for("a")), policy_for_all());
}

TEST(WithRule, ReplacesWhatTheRuleSays) {
  auto rule = rule_for("a");
  rule.threshold = MiB(100);
  rule.target = MiB(50);
  rule.cooldown = 1s;
  rule.max_pressure = Percent{50};
  auto expected = policy_for_all();
  expected.threshold = MiB(100);
  expected.target = MiB(50);
  expected.cooldown = 1s;
  expected.max_pressure = Percent{50};
  EXPECT_EQ(with_rule(policy_for_all(), rule), expected);
}

TEST(WithRule, DropsTheTargetThatBelongedToAnotherThreshold) {
  auto rule = rule_for("a");
  rule.threshold = Percent{10};
  auto expected = policy_for_all();
  expected.threshold = Percent{10};
  expected.target = std::nullopt;
  EXPECT_EQ(with_rule(policy_for_all(), rule), expected);
}

TEST(WithRule, KeepsTheThresholdWhereOnlyATargetIsGiven) {
  auto rule = rule_for("a");
  rule.target = Percent{0};
  auto expected = policy_for_all();
  expected.target = Percent{0};
  EXPECT_EQ(with_rule(policy_for_all(), rule), expected);
}

TEST(RuleName, CountsFromOneAndShowsThePatterns) {
  const Rules rules{rule_for("kubepods.slice/*", "1f*"), rule_for("a"), rule_for("", "2*")};
  EXPECT_EQ(rule_name(rules, 0), "rule 1 (path kubepods.slice/*, container_id 1f*)");
  EXPECT_EQ(rule_name(rules, 1), "rule 2 (path a)");
  EXPECT_EQ(rule_name(rules, 2), "rule 3 (container_id 2*)");
}

Cgroup postgres() {
  auto cgroup = cgroup_at("kubepods/pod1/1f2e", "1f2e");
  cgroup.workload = {
      .pod_uid = "1", .qos = QosClass::guaranteed, .names = {"databases", "postgres-0", "server"}};
  return cgroup;
}

TEST(FindRule, MatchesInTheWordsOfKubernetes) {
  const struct {
    Match match;
    bool matches;
  } rows[] = {
      {{.namespace_name = "databases"}, true},
      {{.namespace_name = "data*"}, true},
      {{.namespace_name = "data"}, false},
      {{.pod = "postgres-?"}, true},
      {{.pod = "mysql-*"}, false},
      {{.container = "server"}, true},
      {{.container = "1f2e"}, false},
      {{.qos = QosClass::guaranteed}, true},
      {{.qos = QosClass::burstable}, false},
      {{.namespace_name = "*", .pod = "*", .container = "*", .qos = QosClass::guaranteed}, true},
      {{.namespace_name = "databases", .pod = "mysql-*"}, false},
  };
  for (const auto& row : rows) {
    Rule rule;
    rule.match = row.match;
    EXPECT_EQ(matches(rule, postgres()), row.matches) << rule_name({rule}, 0);
  }
}

TEST(FindRule, MatchesNothingByWhatIsntKnown) {
  auto unnamed = postgres();
  unnamed.workload.names = {};
  EXPECT_FALSE(matches(Rule{.match = {.namespace_name = "*"}}, unnamed));
  EXPECT_FALSE(matches(Rule{.match = {.pod = "*"}}, unnamed));
  EXPECT_FALSE(matches(Rule{.match = {.container = "*"}}, unnamed));
  EXPECT_TRUE(matches(Rule{.match = {.qos = QosClass::guaranteed}}, unnamed));
  EXPECT_FALSE(matches(Rule{.match = {.qos = QosClass::guaranteed}}, cgroup_at("system.slice/a")));
}

TEST(NeedNames, SaysWhetherARuleAsksForWhatOnlyLogLinksTell) {
  EXPECT_FALSE(need_names({}));
  EXPECT_FALSE(need_names({Rule{.match = {.path = "a", .container_id = "b", .qos = QosClass::burstable}}}));
  EXPECT_TRUE(need_names({rule_for("a"), Rule{.match = {.namespace_name = "a"}}}));
  EXPECT_TRUE(need_names({Rule{.match = {.pod = "a"}}}));
  EXPECT_TRUE(need_names({Rule{.match = {.container = "a"}}}));
}

TEST(RuleName, SaysWhatIsAskedInTheWordsOfKubernetes) {
  const Rules rules{Rule{.match = {.namespace_name = "ci-*", .qos = QosClass::best_effort}}};
  EXPECT_EQ(rule_name(rules, 0), "rule 1 (namespace ci-*, qos besteffort)");
}

}  // namespace
}  // namespace cmm
