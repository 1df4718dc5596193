// SPDX-License-Identifier: Apache-2.0
#include "config/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cmm {
namespace {

TEST(Printable, ShowsControlCharactersAndLeavesTheRest) {
  EXPECT_EQ(printable("a\nb\tc\x1b\x7f"), "a\\nb\\x09c\\x1b\\x7f");
  EXPECT_EQ(printable("größe"), "größe");
}

TEST(InQuotes, ShortensLongTextsBetweenCharacters) {
  EXPECT_EQ(in_quotes("a b"), "\"a b\"");
  EXPECT_EQ(in_quotes(std::string(80, 'x')), '"' + std::string(80, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(81, 'x')), '"' + std::string(80, 'x') + "…\"");
  EXPECT_EQ(in_quotes(std::string(79, 'x') + "ßß"), '"' + std::string(79, 'x') + "…\"");
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

}  // namespace
}  // namespace cmm
