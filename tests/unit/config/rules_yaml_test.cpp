// SPDX-License-Identifier: Apache-2.0
#include "config/rules_yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "config/yaml.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

Rules rules_of(std::string_view text, Settings base = {}) {
  const auto parsed = parse_yaml(text, "c.yaml", std::move(base));
  EXPECT_TRUE(parsed) << text << "\n" << parsed.error();
  return parsed ? parsed->settings.rules : Rules{};
}

TEST(RulesYaml, AreReadInTheirOrderWithAllThatTheySay) {
  const auto rules = rules_of(
      "rules:\n"
      "  - match: {path: \"*/db-*\"}\n"
      "    action: ignore\n"
      "  - match:\n"
      "      container_id: 1f*\n"
      "      path: 'build/*'\n"
      "    threshold: 10%\n"
      "    target: 100 MiB\n"
      "    cooldown: 5\n"
      "    max_pressure: 50%\n"
      "  - {match: {container_id: 7}, target: 0}\n"
      "  - {match: {namespace: ci-*, pod: build-*, container: c, qos: besteffort}, target: 0}\n");
  Rules expected(4);
  expected[0].match.path = "*/db-*";
  expected[0].ignore = true;
  expected[1].match = {.path = "build/*", .container_id = "1f*"};
  expected[1].threshold = Percent{10};
  expected[1].target = MiB(100);
  expected[1].cooldown = 5s;
  expected[1].max_pressure = Percent{50};
  expected[2].match.container_id = "7";
  expected[2].target = Bytes{0};
  expected[3].match = {
      .namespace_name = "ci-*", .pod = "build-*", .container = "c", .qos = QosClass::best_effort};
  expected[3].target = Bytes{0};
  EXPECT_EQ(rules, expected);
}

TEST(RulesYaml, ReplaceThoseThatWereThere) {
  Settings base;
  base.rules.resize(2);
  EXPECT_EQ(rules_of("rules: [{match: {path: a}, action: ignore}]", base).size(), 1U);
  EXPECT_THAT(rules_of("rules: []", base), IsEmpty());
  EXPECT_EQ(rules_of("once: true", base).size(), 2U);
}

TEST(RulesYaml, MayShareTheirPartsByAnchors) {
  const auto rules =
      rules_of("rules:\n - {match: &m {path: a}, target: 0}\n - {match: *m, action: ignore}\n");
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].match, rules[1].match);
}

TEST(RulesYaml, AreAKeyOfTheFile) {
  const auto parsed = parse_yaml("once: true\nrules: []\n", "c.yaml");
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->lines, UnorderedElementsAre(Pair("once", 1), Pair("rules", 2)));
}

TEST(RulesYaml, AreRefusedWithTheLineAndWhatIsAccepted) {
  const struct {
    std::string_view text;
    std::string_view start;  ///< of the message
    std::string_view part;   ///< of the message
  } rows[] = {
      {"rules:\n", "c.yaml:1: rules: wrong type, nothing", "accepted: a list of rules like"},
      {"\nrules: ignore\n", "c.yaml:2: rules: wrong type, the text \"ignore\"", "accepted: a list of rules"},
      {"rules: {match: {path: a}}\n", "c.yaml:1: rules: wrong type, a map", "accepted: a list of rules like"},
      {"rules: !!seq []\n", "c.yaml:1: rules: wrong type, a value with the tag", "accepted: a list of rules"},
      {"rules: []\nrules: []\n", "c.yaml:2: rules: duplicate key, line 1", "accepted: each key once"},
      {"rules:\n - a\n", "c.yaml:2: rules: the text \"a\" instead of a rule", "accepted: a list of rules"},
      {"rules:\n - []\n", "c.yaml:2: rules: an empty list instead of a rule", "accepted: a list of rules"},
      {"rules:\n -\n", "c.yaml:1: rules: nothing instead of a rule", "accepted: a list of rules like"},
      {"rules:\n - {}\n", "c.yaml:2: rules: a rule without match",
       "accepted: a map of namespace, pod, container"},
      {"rules:\n - threshold: 10%\n", "c.yaml:2: rules: a rule without match",
       "accepted: a map of namespace"},
      {"rules:\n - match: {path: a}\n   action: ignore\n - action: ignore\n",
       "c.yaml:4: rules: a rule without match", "accepted: a map of namespace"},
      {"rules:\n - match: {path: a}\n   treshold: 5%\n", "c.yaml:3: rules: unknown key \"treshold\"",
       "did you mean \"threshold\"?"},
      {"rules:\n - match: {path: a}\n   interval: 5s\n", "c.yaml:3: rules: unknown key \"interval\"",
       "accepted: match, action, threshold, target, cooldown, max_pressure"},
      {"rules:\n - match: {path: a}\n   ? [a]\n   : b\n", "c.yaml:3: rules: a list instead of a key",
       "accepted: match, action"},
      {"rules:\n - match: {path: a}\n   target: 0\n   target: 0\n",
       "c.yaml:4: rules: target: duplicate key, line 3", "accepted: each key once"},
      {"rules:\n - match: {path: a}\n   match: {path: a}\n", "c.yaml:3: rules: match: duplicate key, line 2",
       "accepted: each key once"},
      {"rules:\n - match: {path: a}\n", "c.yaml:2: rules: a rule with neither an action nor values",
       "accepted: action: ignore alone, or at least one of threshold, target, cooldown and max_pressure"},
      {"rules:\n - match: {path: a}\n   action: ignore\n   target: 0\n",
       "c.yaml:2: rules: a rule with both an action and values", "accepted: action: ignore alone, or"},
      {"rules:\n - match: {path: a}\n   action: trim\n", "c.yaml:3: rules: action: \"trim\": unknown action",
       "accepted: ignore"},
      {"rules:\n - match: {path: a}\n   action: [ignore]\n", "c.yaml:3: rules: action: wrong type, a list",
       "accepted: ignore"},
      {"rules:\n - match: a\n", "c.yaml:2: rules: match: wrong type, the text \"a\"",
       "accepted: a map of namespace"},
      {"rules:\n - match:\n", "c.yaml:2: rules: match: wrong type, nothing", "accepted: a map of namespace"},
      {"rules:\n - match: {}\n", "c.yaml:2: rules: match: nothing given", "accepted: a map of"},
      {"rules:\n - match:\n     pathh: a\n", "c.yaml:3: rules: unknown key \"pathh\"",
       "did you mean \"path\"?"},
      {"rules:\n - match:\n     tenant: a\n", "c.yaml:3: rules: unknown key \"tenant\"",
       "accepted: qos, namespace, pod, container, path, container_id"},
      {"rules:\n - match:\n     path: a\n     path: b\n", "c.yaml:4: rules: path: duplicate key, line 3",
       "accepted: each key once"},
      {"rules:\n - match: {path: [a]}\n", "c.yaml:2: rules: path: wrong type, a list",
       "accepted: a glob like"},
      {"rules:\n - match:\n     path:\n", "c.yaml:3: rules: path: wrong type, nothing", "accepted: a glob"},
      {"rules:\n - match: {path: !!str a}\n", "c.yaml:2: rules: path: wrong type, a value with the tag",
       "accepted: a glob like"},
      {"rules:\n - match: {path: \"\"}\n", "c.yaml:2: rules: path: \"\": nothing given", "accepted: a glob"},
      {"rules:\n - match: {container_id: \"\"}\n", "c.yaml:2: rules: container_id: \"\": nothing given",
       "compared with the container id"},
      {"rules:\n - match: {path: \"a\\0b\"}\n", "c.yaml:2: rules: path: \"a\\x00b\": not a pattern",
       "accepted"},
      {"rules:\n - match: {qos: best}\n", "c.yaml:2: rules: qos: \"best\": unknown class",
       "accepted: guaranteed, burstable or besteffort"},
      {"rules:\n - match: {path: /sys/fs/cgroup/a}\n",
       "c.yaml:2: rules: path: \"/sys/fs/cgroup/a\": matches "
       "nothing",
       "compared with the whole path below the mount"},
      {"rules:\n - match: {path: a}\n   threshold: 0\n",
       "c.yaml:3: rules: threshold: \"0\": has to be above 0",
       "accepted: a percentage above 0 and up to 100"},
      {"rules:\n - match: {path: a}\n   threshold: [1%]\n", "c.yaml:3: rules: threshold: wrong type, a list",
       "accepted: a percentage above 0 and up to 100"},
      {"rules:\n - match: {path: a}\n   target: 101%\n", "c.yaml:3: rules: target: \"101%\": above 100 %",
       "accepted: 0, a percentage up to 100"},
      {"rules:\n - match: {path: a}\n   cooldown: 721h\n", "c.yaml:3: rules: cooldown: \"721h\": too long",
       "accepted: 0 to 720h"},
      {"rules:\n - match: {path: a}\n   max_pressure: 20\n",
       "c.yaml:3: rules: max_pressure: \"20\": not a percentage", "accepted: a percentage above 0"},
      {"rules:\n - match: {path: a}\n   target: 11%\n   threshold: 10%\n",
       "c.yaml:3: rules: target: the target 11% is above the threshold 10%", "accepted: a target up to"},
      {"rules:\n - match: {path: a}\n   threshold: 1 KiB\n   target: 2 KiB\n",
       "c.yaml:4: rules: target: the target 2048 B is above the threshold 1024 B",
       "accepted: a target up to"},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_yaml(row.text, "c.yaml");
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_THAT(parsed.error(), StartsWith(std::string{row.start})) << row.text;
    EXPECT_THAT(parsed.error(), HasSubstr(std::string{row.part})) << row.text;
    EXPECT_THAT(parsed.error(), Not(HasSubstr("\n"))) << row.text;
  }
}

TEST(RulesYaml, TakeATargetThatOnlyALimitCouldTellToBeAboveTheThreshold) {
  EXPECT_EQ(rules_of("rules: [{match: {path: a}, threshold: 10%, target: 100 TiB}]").size(), 1U);
}

TEST(RulesYaml, AreWrittenWithWhatTheySayAndNothingElse) {
  EXPECT_EQ(to_yaml(Rules{}), "# rules: none\n");
  Rules rules(3);
  rules[0].match.path = "*/db-*";
  rules[0].ignore = true;
  rules[2].match = {.namespace_name = "ci-*", .pod = "b", .container = "c", .qos = QosClass::burstable};
  rules[2].ignore = true;
  rules[1].match = {.path = "build/*", .container_id = "1f*"};
  rules[1].threshold = Percent{10};
  rules[1].cooldown = 5s;
  EXPECT_EQ(to_yaml(rules),
            "rules:\n"
            "  - match: {path: \"*/db-*\"}\n"
            "    action: ignore\n"
            "  - match: {path: \"build/*\", container_id: \"1f*\"}\n"
            "    threshold: 10%\n"
            "    cooldown: 5s\n"
            "  - match: {namespace: \"ci-*\", pod: \"b\", container: \"c\", qos: burstable}\n"
            "    action: ignore\n");
}

}  // namespace
}  // namespace cmm
