// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings_table.hpp"
#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Settings settings_of(std::string_view text, Settings base = {}) {
  const auto parsed = parse_yaml(text, "c.yaml", std::move(base));
  EXPECT_TRUE(parsed) << text << "\n" << parsed.error();
  return parsed ? parsed->settings : Settings{};
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_yaml(text, "c.yaml");
  EXPECT_FALSE(parsed) << text;
  return parsed ? std::string{} : parsed.error();
}

TEST(Yaml, WithoutAnyKeyMeansTheDefaults) {
  for (const auto* text : {"", "\n", "# only a comment\n", "---\n", "---\n...\n", "{}", "~"}) {
    EXPECT_EQ(settings_of(text), Settings{}) << text;
  }
}

TEST(Yaml, SetsEveryKey) {
  const auto settings = settings_of(
      "parent: [kubepods.slice, /sys/fs/cgroup/machine.slice]\n"
      "threshold: 30%\n"
      "target: 100 MiB\n"
      "interval: 500ms\n"
      "interval_min: 200ms\n"
      "cooldown: 2m\n"
      "max_pressure: 7.5 %\n"
      "when: {node_available_below: 15%, node_available: kubelet}\n"
      "budget_bytes: 1 GiB\n"
      "budget_cpu: 250ms\n"
      "max_reclaims: 3\n"
      "allow_swap: true\n"
      "log_level: debug\n"
      "once: true\n"
      "dry_run: true\n"
      "rules: [{match: {path: a}, action: ignore}]\n");
  Settings expected;
  expected.parents = {"kubepods.slice", "/sys/fs/cgroup/machine.slice"};
  expected.policy = {.threshold = Percent{30},
                     .target = MiB(100),
                     .cooldown = 2min,
                     .max_pressure = Percent{7.5},
                     .allow_swap = true};
  expected.interval = 500ms;
  expected.interval_min = 200ms;
  expected.when = {Percent{15}, NodeAvailable::kubelet};
  expected.budget = {.bytes = GiB(1), .cpu = 250ms, .concurrent = 3};
  expected.rules.resize(1);
  expected.rules[0].match.path = "a";
  expected.rules[0].ignore = true;
  expected.log_level = LogLevel::debug;
  expected.once = true;
  expected.dry_run = true;
  EXPECT_EQ(settings, expected);
}

TEST(Yaml, TakesNumbersAndQuotedTextAlike) {
  EXPECT_EQ(settings_of("threshold: 26%").policy.threshold, Amount{Percent{26}});
  EXPECT_EQ(settings_of("threshold: \"26%\"").policy.threshold, Amount{Percent{26}});
  EXPECT_EQ(settings_of("threshold: '26 %'").policy.threshold, Amount{Percent{26}});
  EXPECT_EQ(settings_of("threshold: 1048576").policy.threshold, Amount{MiB(1)});
  EXPECT_EQ(settings_of("threshold: 8.5 MiB").policy.threshold, Amount{Bytes{8912896}});
  EXPECT_EQ(settings_of("interval: 20").interval, 20s);
  EXPECT_EQ(settings_of("interval: 20s").interval, 20s);
  EXPECT_EQ(settings_of("interval: \"20\"").interval, 20s);
  EXPECT_EQ(settings_of("interval: 0.5").interval, 500ms);
  EXPECT_EQ(settings_of("interval: 20s\r\nonce: true\r\n").interval, 20s);
}

TEST(Yaml, TakesTheGateAsAWordOrAMap) {
  const Gate below{Percent{15}, NodeAvailable::mem_available};
  Settings base;
  base.when = below;
  EXPECT_EQ(settings_of("when: always", base).when, Gate{});
  EXPECT_EQ(settings_of("when: \"always\"").when, Gate{});
  EXPECT_EQ(settings_of("when: {node_available_below: 15%}").when, below);
  EXPECT_EQ(settings_of("when:\n  node_available: MemAvailable\n  node_available_below: \"15 %\"\n").when,
            below);
}

TEST(Yaml, TakesOneParentOrAList) {
  EXPECT_THAT(settings_of("parent: a").parents, ElementsAre("a"));
  EXPECT_THAT(settings_of("parent: [a, \"b c\"]").parents, ElementsAre("a", "b c"));
  EXPECT_THAT(settings_of("parent:\n  - a\n  - b\n").parents, ElementsAre("a", "b"));
}

TEST(Yaml, ReplacesTheParentsAndKeepsWhatItDoesNotName) {
  Settings base;
  base.parents = {"a", "b"};
  base.interval = 3s;
  const auto settings = settings_of("parent: c\n", base);
  EXPECT_THAT(settings.parents, ElementsAre("c"));
  EXPECT_EQ(settings.interval, 3s);
}

TEST(Yaml, SaysInWhichLineEachKeyIs) {
  const auto parsed = parse_yaml("# comment\ninterval: 1\n\nonce: true\n", "c.yaml");
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->lines, ElementsAre(testing::Pair("interval", 2), testing::Pair("once", 4)));
}

struct BadYaml {
  std::string_view text;
  std::string_view start;  ///< of the message
  std::string_view part;   ///< of the message
};

TEST(Yaml, IsRefusedWithFileLineKeyValueAndWhatIsAccepted) {
  const BadYaml rows[] = {
      {"interval: 1\nintervall: 5\n", "c.yaml:2: unknown key \"intervall\"", "did you mean \"interval\"?"},
      {"\n\nwatch: 5\n", "c.yaml:3: unknown key \"watch\"",
       "accepted: parent, wait_for_parent, cgroup_root, container_logs, threshold, target, interval"},
      {"Interval: 5\n", "c.yaml:1: unknown key \"Interval\"", "\"interval\""},
      {"\"\": 5\n", "c.yaml:1: unknown key \"\"", "accepted: parent"},
      {"<<: {once: true}\n", "c.yaml:1: unknown key \"<<\"", "accepted: parent"},
      {"once: true\ninterval: 1\nonce: true\n", "c.yaml:3: once: duplicate key, line 1",
       "accepted: each key once"},
      {"once: true\n\"once\": true\n", "c.yaml:2: once: duplicate key", "accepted"},
      {"interval: [1, 2]\n", "c.yaml:1: interval: wrong type, a list", "accepted: 100ms to 24h"},
      {"interval: {a: 1}\n", "c.yaml:1: interval: wrong type, a map", "accepted: 100ms to 24h"},
      {"interval:\n", "c.yaml:1: interval: wrong type, nothing", "accepted: 100ms to 24h"},
      {"interval: ~\n", "c.yaml:1: interval: wrong type, nothing", "accepted: 100ms to 24h"},
      {"interval: !!int 5\n", "c.yaml:1: interval: wrong type", "tag"},
      {"interval: \"\"\n", "c.yaml:1: interval: \"\": nothing given", "accepted: a duration"},
      {"interval: 10 sec\n", "c.yaml:1: interval: \"10 sec\": unknown unit \"sec\"",
       "accepted: a duration like"},
      {"interval: 99ms\n", "c.yaml:1: interval: \"99ms\": too short", "accepted: 100ms to 24h"},
      {"interval: 25h\n", "c.yaml:1: interval: \"25h\": too long", "accepted: 100ms to 24h"},
      {"cooldown: 721h\n", "c.yaml:1: cooldown: \"721h\": too long", "accepted: 0 to 720h"},
      {"cooldown: -1\n", "c.yaml:1: cooldown: \"-1\": negative", "accepted: a duration"},
      {"threshold: 0\n", "c.yaml:1: threshold: \"0\": has to be above 0", "accepted: a percentage above 0"},
      {"threshold: .inf\n", "c.yaml:1: threshold: \".inf\": not a number", "accepted: a percentage above 0"},
      {"threshold: 1e9\n", "c.yaml:1: threshold: \"1e9\": unknown unit", "accepted: a percentage above 0"},
      {"target: 101%\n", "c.yaml:1: target: \"101%\": above 100 %", "accepted: 0, a percentage up to 100"},
      {"once: yes\n", "c.yaml:1: once: \"yes\"", "accepted: true or false"},
      {"once: 1\n", "c.yaml:1: once: \"1\"", "accepted: true or false"},
      {"once: \"true\"\n", "c.yaml:1: once: wrong type, the quoted text \"true\"", "accepted: true or false"},
      {"log_level: verbose\n", "c.yaml:1: log_level: \"verbose\"", "accepted: debug, info, warn or error"},
      {"parent: \"\"\n", "c.yaml:1: parent: \"\": nothing given", "accepted: an absolute path"},
      {"parent: [a, \"\"]\n", "c.yaml:1: parent: \"\": nothing given", "accepted: an absolute path"},
      {"parent: \"a\\0b\"\n", "c.yaml:1: parent: \"a\\x00b\": not a path", "accepted: an absolute path"},
      {"parent: {a: b}\n", "c.yaml:1: parent: wrong type, a map", "or a list of such"},
      {"parent:\n - a\n - [b]\n", "c.yaml:3: parent: wrong type, a list", "or a list of such"},
      {"parent:\n - a\n -\n", "c.yaml:1: parent: wrong type, nothing", "or a list of such"},
      {"interval_min: 50ms\n", "c.yaml:1: interval_min: \"50ms\": too short", "accepted: 100ms to 24h"},
      {"max_pressure: 20\n", "c.yaml:1: max_pressure: \"20\": not a percentage", "accepted: a percentage"},
      {"budget_bytes: 0\n", "c.yaml:1: budget_bytes: \"0\": has to be above 0", "accepted: a size above 0"},
      {"budget_cpu: 2h\n", "c.yaml:1: budget_cpu: \"2h\": too long", "accepted: 1ms to 1h"},
      {"max_reclaims: 65\n", "c.yaml:1: max_reclaims: \"65\": too large", "accepted: a whole number from 1"},
      {"max_reclaims: [2]\n", "c.yaml:1: max_reclaims: wrong type, a list",
       "accepted: a whole number from 1"},
      {"when:\n", "c.yaml:1: when: wrong type, nothing", "accepted: always, or node_available_below"},
      {"when: never\n", "c.yaml:1: when: \"never\": unknown condition", "accepted: always"},
      {"when: [always]\n", "c.yaml:1: when: wrong type, a list", "accepted: always"},
      {"when: !!map {}\n", "c.yaml:1: when: wrong type, a value with the tag", "accepted: always"},
      {"when: node_available_below=15%\n", "c.yaml:1: when: wrong type, the text", "in YAML {node_available"},
      {"when: {}\n", "c.yaml:1: when: node_available_below is missing", "accepted: always"},
      {"when:\n  node_available: kubelet\n", "c.yaml:1: when: node_available_below is missing", "accepted"},
      {"when:\n  node_available_below: 15%\n  node_availabl: kubelet\n",
       "c.yaml:3: when: unknown key \"node_availabl\"", "did you mean \"node_available\"?"},
      {"when: {always: true}\n", "c.yaml:1: when: unknown key \"always\"",
       "accepted: node_available_below, "},
      {"when:\n  node_available_below: 1%\n  node_available_below: 1%\n",
       "c.yaml:3: when: node_available_below: duplicate key, line 2", "accepted: each key once"},
      {"when:\n  node_available_below: [1%]\n", "c.yaml:2: when: node_available_below: wrong type, a list",
       "accepted: always"},
      {"when: {[a]: 1%}\n", "c.yaml:1: when: a list instead of a key", "accepted: node_available_below, "},
      {"when: {node_available_below: 0%}\n",
       "c.yaml:1: when: node_available_below: \"0%\": has to be above 0", "accepted: a percentage above 0"},
      {"when: {node_available_below: 1 GiB}\n",
       "c.yaml:1: when: node_available_below: \"1 GiB\": not a percentage", "accepted: a percentage above 0"},
      {"when: {node_available_below: 1%, node_available: free}\n",
       "c.yaml:1: when: node_available: \"free\": unknown measure", "accepted: MemAvailable or kubelet"},
      {"when: {node_available_below: \"1%,node_available=kubelet\"}\n",
       "c.yaml:1: when: node_available_below: \"1%,node_available=kubelet\": not a percentage", "accepted"},
      {"rule: []\n", "c.yaml:1: unknown key \"rule\"", "did you mean \"rules\"?"},
      {"? [a]\n: 1\n", "c.yaml:1: a list instead of a key", "accepted: parent"},
      {"interval\n", "c.yaml:1: the text \"interval\" instead of keys", "accepted: lines like"},
      {"- interval: 1\n", "c.yaml:1: a list instead of keys", "accepted: lines like"},
      {"interval: 1\n---\nonce: true\n", "c.yaml:2: a second YAML document", "accepted: one document"},
      {"interval: 1\n---\n", "c.yaml:2: a second YAML document", "accepted: one document"},
      {",0.\n", "c.yaml:1: not YAML: ", "accepted: lines like"},
      {"}\n", "c.yaml:1: not YAML: ", "accepted: lines like"},
      {"once: true\n]\n", "c.yaml:2: ", "accepted: "},
      {"interval: {\n", "c.yaml:2: not YAML: ", "accepted: lines like"},
      {"a: b: c\n", "c.yaml:1: not YAML: ", "accepted: lines like"},
      {"once: true\n\tinterval: 1\n", "c.yaml:2: not YAML: ", "accepted: lines like"},
      {"interval: *unknown\n", "c.yaml:1: not YAML: ", "accepted: lines like"},
      {"@\n", "c.yaml:1: not YAML: ", "accepted: lines like"},
  };
  for (const auto& row : rows) {
    const auto error = error_of(row.text);
    EXPECT_THAT(error, StartsWith(std::string{row.start})) << row.text;
    EXPECT_THAT(error, HasSubstr(std::string{row.part})) << row.text;
    EXPECT_THAT(error, Not(HasSubstr("\n"))) << row.text;
  }
}

TEST(Yaml, OfMoreThan128KibibytesIsRefused) {
  const std::string most(largest_config, '#');
  EXPECT_EQ(settings_of(most), Settings{});
  EXPECT_THAT(error_of(most + "#"), HasSubstr("larger than 128 KiB"));
}

TEST(Yaml, NestedBeyondReasonIsAnErrorLikeAnyOther) {
  EXPECT_THAT(error_of(std::string(100'000, '[')), StartsWith("c.yaml:1: "));
  EXPECT_THAT(error_of(std::string(100'000, '{')), StartsWith("c.yaml:1: "));
}

TEST(YamlFile, ThatCannotBeReadIsAnErrorWithPathAndReason) {
  EXPECT_EQ(read_yaml_file("/nonexistent/c.yaml").error(),
            "cannot open /nonexistent/c.yaml: No such file or directory; accepted: a readable YAML file");
  EXPECT_EQ(read_yaml_file("/").error(),
            "cannot read /: it is a directory; accepted: a regular file with YAML");
  EXPECT_EQ(read_yaml_file("/dev/zero").error(),
            "cannot read /dev/zero: it is a device; accepted: a regular file with YAML");
  EXPECT_THAT(read_yaml_file("/non\nexistent").error(), Not(HasSubstr("\n")));
}

/// A configuration file that belongs to whoever runs this.
class OwnYamlFile : public testing::Test {
 protected:
  void SetUp() override { std::ofstream{path} << "once: true\n"; }
  void allow(fs::perms more) const {
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | more);
  }

  test::TemporaryDirectory dir;
  const std::string path = dir.path() + "/c.yaml";
};

TEST_F(OwnYamlFile, ThatOthersMayChangeIsRefusedWithTheRemedy) {
  allow(fs::perms::group_write);
  EXPECT_THAT(read_yaml_file(path).error(), AllOf(StartsWith("cannot trust " + path + ": group "),
                                                  HasSubstr("may change it; chmod go-w " + path)));
  allow(fs::perms::others_write);
  EXPECT_THAT(read_yaml_file(path).error(), StartsWith("cannot trust " + path + ": everybody may change it"));
  allow(fs::perms::group_read | fs::perms::others_read);
  EXPECT_TRUE(read_yaml_file(path)) << "that others may read";
}

TEST_F(OwnYamlFile, OfAnotherUserIsRefused) {
  allow(fs::perms::none);
  if (::chown(path.c_str(), 1000, 1000) != 0) GTEST_SKIP() << "only root can give a file away";
  EXPECT_THAT(read_yaml_file(path).error(),
              HasSubstr("user 1000, its owner, may change it; chown root " + path));
}

// As the kubelet mounts a ConfigMap: c.yaml -> ..data/c.yaml, ..data -> ..2026_01_01.
TEST_F(OwnYamlFile, MayBeReachedThroughLinks) {
  allow(fs::perms::group_read | fs::perms::others_read);
  fs::create_directory(dir.path() + "/..1");
  fs::rename(path, dir.path() + "/..1/c.yaml");
  fs::create_directory_symlink("..1", dir.path() + "/..data");
  fs::create_symlink("..data/c.yaml", path);
  EXPECT_TRUE(read_yaml_file(path));
  fs::permissions(dir.path() + "/..1/c.yaml", fs::perms::others_write, fs::perm_options::add);
  EXPECT_FALSE(read_yaml_file(path)) << "it is the file that counts, not the link";
}

std::string shipped_config() { return CMM_SHIPPED_CONFIG; }

TEST(ShippedConfig, YieldsTheDefaultsAndShowsEveryKey) {
  // Not as a file: who may write it in a checkout is the checkout's affair.
  std::ifstream file{shipped_config()};
  const auto read = parse_yaml(std::string{std::istreambuf_iterator<char>{file}, {}}, shipped_config());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->settings, Settings{});
  for (const auto& setting : settings_table()) {
    const bool is_set = !setting.show(Settings{}).empty();
    EXPECT_EQ(read->lines.contains(setting.key), is_set) << setting.key;
  }
}

/// What is commented out in the shipped file: the line that starts with `key`, and those that belong to it.
std::string switched_on(std::string_view key) {
  std::ifstream file{shipped_config()};
  std::string line;
  while (std::getline(file, line) && !line.starts_with("# " + std::string{key})) {
  }
  std::string text;
  do {
    if (line.starts_with("# ")) text += line.substr(2) + "\n";
  } while (std::getline(file, line) && line.starts_with("#   "));
  return text;
}

TEST(ShippedConfig, StaysGoodWithACommentedLineSwitchedOn) {
  for (const auto& setting : settings_table()) {
    const auto key = std::string{setting.key} + ": ";
    if (!setting.show(Settings{}).empty()) continue;
    const auto settings = settings_of(switched_on(key));
    EXPECT_FALSE(setting.show(settings).empty()) << key;
    EXPECT_FALSE(find_conflict(settings)) << key;
  }
}

TEST(ShippedConfig, HasRulesToBeSwitchedOn) {
  const auto settings = settings_of(switched_on("rules:"));
  EXPECT_EQ(settings.rules.size(), 3U);
  EXPECT_FALSE(find_conflict(settings));
}

Rules every_kind_of_rule() {
  Rules rules(4);
  rules[0].match = {.path = "*/db-\"0\"\\*", .qos = QosClass::burstable};
  rules[0].ignore = true;
  rules[1].match = {.path = "größe/*", .container_id = "[0-9]*"};
  rules[1].threshold = Percent{10};
  rules[1].target = Bytes{0};
  rules[1].cooldown = 1ns;
  rules[1].max_pressure = Percent{1.0 / 3};
  rules[2].match = {.namespace_name = "*", .pod = "\"", .container = "#: {\n\x01"};
  rules[2].cooldown = 0s;
  rules[3].match.path = "*";
  rules[3].target = Percent{0};
  return rules;
}

TEST(ToYaml, ReadsBackToTheSameSettings) {
  Settings all;
  all.parents = {"a",  "with \"quotes\" and \\", "tab\t, nl\n, \x01\x04\x7f", "größe", "null", "\xff\xfe",
                 "# x"};
  all.policy = {.threshold = Bytes{12345},
                .target = Percent{1.0 / 3},
                .cooldown = 1ns,
                .max_pressure = Percent{200.0 / 3},
                .allow_swap = true};
  all.rules = every_kind_of_rule();
  all.cgroup_root = "/host: #\n/cgroup";
  all.container_logs = "/größe";
  all.when = {Percent{100.0 / 7}, NodeAvailable::kubelet};
  all.budget = {.bytes = Bytes{1}, .cpu = 1ms + 1ns, .concurrent = 64};
  all.interval = 100ms + 1ns;
  all.interval_min = 100ms;
  all.log_level = LogLevel::error;
  all.once = true;
  all.dry_run = true;
  EXPECT_EQ(settings_of(to_yaml(all)), all) << to_yaml(all);
  EXPECT_EQ(settings_of(to_yaml(Settings{})), Settings{});
}

TEST(ToYaml, MentionsEveryKeyAlsoWhereNothingIsSet) {
  const auto text = to_yaml(Settings{});
  for (const auto key : setting_keys()) EXPECT_THAT(text, HasSubstr(std::string{key} + ": "));
  for (const auto* line :
       {"# target: 80% of the threshold\n", "when: always\n", "# budget_bytes: no bound\n",
        "# interval_min: 1s, or the interval where that is shorter\n", "# rules: none\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace cmm
