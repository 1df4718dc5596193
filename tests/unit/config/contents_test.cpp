// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a configuration: either it is refused with its place, or what was read is good enough to
// be written and read again. What a part of a file says can't be told from a whole one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "config/settings_table.hpp"
#include "config/yaml.hpp"
#include "support/fake_tree.hpp"
#include "support/mutations.hpp"

namespace cmm {
namespace {

using test::mutants;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kConfig =
    "parent: [kubepods.slice, docker]\n"
    "threshold: 25%\n"
    "target: 100 MiB\n"
    "interval: 20\n"
    "cooldown: 30\n"
    "when:\n"
    "  node_available_below: 15%\n"
    "max_reclaims: 2\n"
    "allow_swap: true\n"
    "rules:\n"
    "  - match: {path: \"*/db-*\", qos: burstable}\n"
    "    action: ignore\n"
    "  - match: {namespace: 'ci-*'}\n"
    "    threshold: 10%\n";

void expect_good(const std::string& what, std::string_view text) {
  const auto read = parse_yaml(text, "c.yaml");
  if (read) {
    const auto again = parse_yaml(to_yaml(read->settings), "again.yaml");
    EXPECT_TRUE(again && again->settings == read->settings) << what;
    return;
  }
  EXPECT_THAT(read.error(), StartsWith("c.yaml:")) << what;
  EXPECT_THAT(read.error(), AnyOf(HasSubstr("accepted: "), HasSubstr("did you mean "))) << what;
  EXPECT_THAT(read.error(), Not(HasSubstr("\n"))) << what;
  EXPECT_LT(read.error().size(), 1000U) << what;
}

TEST(ConfigContents, AreRefusedWithTheirPlaceOrReadBack) {
  ASSERT_TRUE(parse_yaml(kConfig, "c.yaml"));
  for (const auto& [what, text] : mutants(kConfig)) expect_good(what, text);
}

TEST(ConfigContents, WithLineEndsOfDosSayTheSame) {
  const auto dos = parse_yaml(test::with_crlf(kConfig).text, "c.yaml");
  ASSERT_TRUE(dos) << dos.error();
  EXPECT_EQ(dos->settings, parse_yaml(kConfig, "c.yaml")->settings);
}

TEST(ConfigContents, WithAKeyTwiceAreRefused) {
  for (const auto& [what, text] : test::with_a_line_twice(kConfig.substr(0, kConfig.find("when:")))) {
    const auto read = parse_yaml(text, "c.yaml");
    ASSERT_FALSE(read) << what;
    EXPECT_THAT(read.error(), HasSubstr("duplicate key")) << what;
  }
}

TEST(ConfigContents, WithANumberThatCannotBeAreRefused) {
  for (const auto* number : {"18446744073709551616", "-1", "-0", "1e300", "+1", "0x10", ".inf", ".nan"}) {
    for (const auto& [what, text] : test::with_number(kConfig, number)) {
      EXPECT_FALSE(parse_yaml(text, "c.yaml")) << what;
    }
  }
}

TEST(ConfigContents, NestedWithoutEndAreRefused) {
  for (const auto* opening :
       {"[", "{", "- ", "? ", "[{", "- - ? ", "{a: ", "!!seq [", "&a [", "rules: [{match: ["}) {
    std::string text;
    while (text.size() < largest_config / 4) text += opening;
    const auto read = parse_yaml(text, "c.yaml");
    ASSERT_FALSE(read) << opening;
    EXPECT_THAT(read.error(), StartsWith("c.yaml:1: ")) << opening;
  }
}

TEST(ConfigContents, ThatReferToThemselvesAreRefused) {
  for (const auto* text : {"parent: &a [*a]\n", "&a rules: [*a]\n", "rules: &a [{match: *a}]\n",
                           "when: &a {node_available_below: *a}\n", "&a {*a : *a}\n"}) {
    expect_good(text, text);
    EXPECT_FALSE(parse_yaml(text, "c.yaml")) << text;
  }
}

TEST(ConfigFile, ThatIsAPipeIsRefusedWithoutWaitingForAWriter) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() + "/c.yaml";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(read_yaml_file(path).error(),
            "cannot read " + path + ": it is a pipe; accepted: a regular file with YAML");
}

}  // namespace
}  // namespace cmm
