// SPDX-License-Identifier: Apache-2.0
#include "config/text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cmm {
namespace {

TEST(Printable, ShowsControlCharactersAndLeavesTheRest) {
  EXPECT_EQ(printable("a\nb\tc\x1b\x7f"), "a\\nb\\x09c\\x1b\\x7f");
  EXPECT_EQ(printable("größe"), "größe");
  EXPECT_EQ(printable("\u009b31m \u00a0"), "\\u009b31m \u00a0") << "of C1, which terminals obey";
  EXPECT_EQ(printable("\xff\x9b"), "\\xff\\x9b");
}

TEST(Printable, ShowsWhatWouldMakeALineLookLikeAnother) {
  EXPECT_EQ(printable("a\u2028b\u2029"), "a\\u2028b\\u2029") << "ends of lines for some";
  EXPECT_EQ(printable("\u202ecba\u202c \u2066x\u2069 \u200e\u061c"),
            "\\u202ecba\\u202c \\u2066x\\u2069 \\u200e\\u061c")
      << "turn the direction of what follows";
  EXPECT_EQ(printable("\u2027\u202f\u2065\u206a\u061b"), "\u2027\u202f\u2065\u206a\u061b")
      << "their neighbours";
}

TEST(InQuotes, ShortensLongTextsBetweenCharacters) {
  EXPECT_EQ(in_quotes("a b"), "\"a b\"");
  EXPECT_EQ(in_quotes(std::string(80, 'x')), '"' + std::string(80, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(81, 'x')), '"' + std::string(80, 'x') + "…\"");
  EXPECT_EQ(in_quotes(std::string(79, 'x') + "ßß"), '"' + std::string(79, 'x') + "…\"");
}

TEST(YamlString, EscapesWhatDoubleQuotesDoNotHold) {
  EXPECT_EQ(yaml_string(""), "\"\"");
  EXPECT_EQ(yaml_string("*/größe"), "\"*/größe\"");
  EXPECT_EQ(yaml_string("a\"b\\c\nd\x7f"), "\"a\\\"b\\\\c\\x0ad\\x7f\"");
  EXPECT_EQ(yaml_string("a\u0085"), "\"a\\x85\"");
  EXPECT_EQ(yaml_string("a\u202e"), "\"a\\u202e\"");
}

TEST(Nearest, FindsWhatIsAtMostTwoLettersOff) {
  EXPECT_EQ(nearest("intervall", {"target", "interval"}), "interval");
  EXPECT_EQ(nearest("tresold", {"target", "threshold"}), "threshold");
  EXPECT_EQ(nearest("log-level", {"log_level"}), "log_level");
  EXPECT_EQ(nearest("limit", {"target", "interval"}), "");
}

TEST(Nearest, DoesNotReplaceAWholeWord) {
  EXPECT_EQ(nearest("", {"a"}), "");
  EXPECT_EQ(nearest("x", {"a"}), "");
  EXPECT_EQ(nearest(std::string(1000, 'a'), {"a"}), "");
}

// Of the Unicode standard's table of well-formed sequences, its borders from both sides.
TEST(Utf8, KeepsWhatIsWellFormedAndEscapesEveryOtherByte) {
  const std::string_view good[] = {"",
                                   "a",
                                   "\xc2\x80",
                                   "\xdf\xbf",
                                   "\xe0\xa0\x80",
                                   "\xed\x9f\xbf",
                                   "\xee\x80\x80",
                                   "\xf0\x90\x80\x80",
                                   "\xf4\x8f\xbf\xbf"};
  for (const auto text : good) EXPECT_EQ(utf8(text), text);
  const std::string_view bad[] = {
      "\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
      "\xff"};
  for (const auto text : bad) {
    std::string escaped;
    for (const char c : text) escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    EXPECT_EQ(utf8(text), escaped);
  }
  EXPECT_EQ(utf8("a\xffz"), "a\\xffz");
}

TEST(Utf8, TellsNamesApartAndLeavesThoseOfSystemdAlone) {
  EXPECT_EQ(utf8("my\\x2dapp\\.service"), "my\\x2dapp\\.service");
  std::set<std::string> seen;
  for (const auto* name : {"\xff", "\\xff", "\\\\xff", "\\\xff", "\\\\\xff", "\xfe", "\\xfe"}) {
    EXPECT_TRUE(seen.insert(utf8(name)).second) << name;
  }
}

}  // namespace
}  // namespace cmm
