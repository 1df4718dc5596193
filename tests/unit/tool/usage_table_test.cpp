// SPDX-License-Identifier: Apache-2.0
#include "tool/usage_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cmm::tool {
namespace {

TEST(NameColumn, IsWideWhereTheTerminalIs) {
  EXPECT_EQ(NameColumn::of(80).width, 24);
  EXPECT_EQ(NameColumn::of(152).width, 40);
  EXPECT_EQ(NameColumn::of(1000).width, 64);
}

TEST(NameColumn, KeepsTheEndOfALongName) {
  const NameColumn narrow{.width = 8, .cut = true};
  EXPECT_EQ(narrow.show("app"), "app     ");
  EXPECT_EQ(narrow.show("exactly8"), "exactly8");
  EXPECT_EQ(narrow.show("parent/child"), "…t/child");
}

TEST(NameColumn, CountsCharactersAndNoBytes) {
  const NameColumn narrow{.width = 4, .cut = true};
  EXPECT_EQ(narrow.show("äöü"), "äöü ");
  EXPECT_EQ(narrow.show("äöüäöü"), "…äöü");
}

TEST(NameColumn, CutsNothingWhereALineMayBeLong) {
  EXPECT_EQ((NameColumn{.width = 4, .cut = false}.show("parent/child")), "parent/child");
}

TEST(NameColumn, ShowsControlCharactersAsText) {
  EXPECT_EQ((NameColumn{.width = 4, .cut = false}.show("a\x1b[2J")), "a\\x1b[2J");
}

TEST(UsageTable, BeginsWithTheCgroup) {
  UsageRow row;
  row.seen.path = "app";
  EXPECT_THAT(usage_heading(), testing::StartsWith("CGROUP "));
  EXPECT_THAT(usage_line(row), testing::StartsWith("app "));
}

}  // namespace
}  // namespace cmm::tool
