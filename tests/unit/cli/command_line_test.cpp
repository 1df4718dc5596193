// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cmm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Takes = CommandOption::Takes;

const std::vector<CommandOption> kOptions{
    {.name = "size",
     .takes = Takes::value,
     .value_name = "BYTES",
     .meaning = "How much.",
     .accepted = "a size"},
    {.name = "path", .takes = Takes::values, .value_name = "PATH", .meaning = "Where.", .accepted = "a path"},
    {.name = "dry",
     .takes = Takes::flag,
     .value_name = {},
     .meaning = "Only look.",
     .accepted = "true or false"},
    {.name = "all", .takes = Takes::nothing, .value_name = {}, .meaning = "All of it.", .accepted = {}}};

CommandWords given(const std::vector<std::string>& arguments) {
  return parse_command_line(arguments, kOptions).value();
}

std::string refusal_of(const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_line(arguments, kOptions);
  return parsed ? "accepted" : parsed.error();
}

TEST(CommandLine, TakesAValueAsTheNextWordOrBehindAnEqualsSign) {
  EXPECT_EQ(given({"--size", "1M"}).value("size"), "1M");
  EXPECT_EQ(given({"--size=1M"}).value("size"), "1M");
  EXPECT_EQ(given({"--size", "-1"}).value("size"), "-1");
  EXPECT_EQ(given({}).value("size"), "");
}

TEST(CommandLine, KeepsWordsInTheirOrderWhereverTheyStand) {
  const auto words = given({"a", "--size", "1M", "b", "--all", "c"});
  EXPECT_THAT(words.words, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(words.has("all"));
}

TEST(CommandLine, TakesAnOptionOfValuesAnyNumberOfTimes) {
  EXPECT_THAT(given({"--path", "a", "--path=b"}).options.at("path"), ElementsAre("a", "b"));
  EXPECT_EQ(refusal_of({"--size", "1", "--size", "2"}), "--size: given twice; accepted: once");
  EXPECT_EQ(refusal_of({"--all", "--all"}), "--all: given twice; accepted: once");
}

TEST(CommandLine, TakesTheWordBehindAFlagForAWord) {
  const auto words = given({"--dry", "a"});
  EXPECT_TRUE(words.has("dry"));
  EXPECT_EQ(words.value("dry"), "");
  EXPECT_THAT(words.words, ElementsAre("a"));
  EXPECT_EQ(given({"--dry=false"}).value("dry"), "false");
}

TEST(CommandLine, RefusesAValueWhereNoneIsTaken) {
  EXPECT_EQ(refusal_of({"--all=yes"}), "--all: takes no value; accepted: --all");
}

TEST(CommandLine, NamesWhatIsAcceptedWhereAValueIsMissing) {
  EXPECT_EQ(refusal_of({"--size"}), "--size: needs a value; accepted: a size");
  EXPECT_EQ(refusal_of({"--size="}), "--size: needs a value; accepted: a size");
  EXPECT_EQ(refusal_of({"--size", "--all"}), "--size: needs a value; accepted: a size");
}

TEST(CommandLine, AsksWhetherANearOptionWasMeant) {
  EXPECT_EQ(refusal_of({"--sise", "1"}), "unknown option \"--sise\"; did you mean --size?");
  EXPECT_EQ(refusal_of({"--sise=1"}), "unknown option \"--sise=1\"; did you mean --size?");
  EXPECT_EQ(refusal_of({"--frobnicate"}),
            "unknown option \"--frobnicate\"; accepted: --size, --path, --dry, --all");
}

TEST(CommandLine, HasNoAbbreviationsAndNoLetters) {
  EXPECT_THAT(refusal_of({"--siz", "1"}), HasSubstr("did you mean --size?"));
  EXPECT_THAT(refusal_of({"-s", "1"}), HasSubstr("unknown option \"-s\""));
}

TEST(CommandLine, TakesANegativeNumberForAWord) {
  EXPECT_THAT(given({"a", "-1"}).words, ElementsAre("a", "-1"));
  EXPECT_THAT(given({"--dry", "-1"}).words, ElementsAre("-1"));
}

TEST(CommandLine, RefusalIsOneLineWhateverWasGiven) {
  for (const auto& odd : {"--a\nb", "--=", "--", "-", "--\x1b[2J"}) {
    EXPECT_THAT(refusal_of({odd}), testing::Not(HasSubstr("\n"))) << odd;
  }
}

TEST(CommandLine, SaysSoWhereNoOptionsAreKnown) { EXPECT_EQ(known_options({}), "no options are accepted"); }

TEST(CommandLine, TableShowsTheValueOfAnOptionThatTakesOne) {
  const auto table = options_table("Options", kOptions);
  EXPECT_THAT(table, testing::StartsWith("Options:\n"));
  EXPECT_THAT(table, testing::ContainsRegex("--size BYTES +How much\\."));
  EXPECT_THAT(table, testing::ContainsRegex("--all +All of it\\."));
}

}  // namespace
}  // namespace cmm
