// SPDX-License-Identifier: Apache-2.0
#include "base/foreign_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/unique_fd.hpp"
#include "support/fake_tree.hpp"

namespace cmm {
namespace {

std::string writer_of(uid_t owner, mode_t mode, uid_t self = 0) {
  struct stat file {};
  file.st_uid = owner;
  file.st_gid = 100;
  file.st_mode = S_IFREG | mode;
  return foreign_writer(file, self, "/c").value_or("nobody");
}

TEST(ForeignWriter, IsNobodyWhereOnlyRootOrTheProcessItselfMayWrite) {
  EXPECT_EQ(writer_of(0, 0644), "nobody");
  EXPECT_EQ(writer_of(0, 0644, 1000), "nobody") << "root's file, read by a user";
  EXPECT_EQ(writer_of(1000, 0600, 1000), "nobody") << "a user's own";
  EXPECT_EQ(writer_of(0, 0555), "nobody");
}

TEST(ForeignWriter, IsNamedWithTheRemedy) {
  EXPECT_EQ(writer_of(1000, 0644), "user 1000, its owner, may change it; chown root /c");
  EXPECT_EQ(writer_of(1000, 0644, 1001), "user 1000, its owner, may change it; chown root /c");
  EXPECT_EQ(writer_of(0, 0664), "group 100 may change it; chmod go-w /c");
  EXPECT_EQ(writer_of(0, 0646), "everybody may change it; chmod go-w /c");
  EXPECT_EQ(writer_of(1000, 0666),
            "user 1000, its owner, and group 100 and everybody may change it; "
            "chown root /c && chmod go-w /c");
}

TEST(ForeignWriter, OwnsAFileAlsoWhereItMayNotWriteItNow) {
  EXPECT_NE(writer_of(1000, 0444), "nobody") << "as the owner may change the mode";
}

TEST(ForeignWriter, OfAnOpenFileIsThatOfTheFileItselfWhateverTookItsPlace) {
  const test::TemporaryDirectory dir;
  const auto path = dir.path() + "/c";
  const UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  ASSERT_TRUE(file);
  EXPECT_EQ(foreign_writer(file.get(), path), std::nullopt);
  ASSERT_EQ(::fchmod(file.get(), 0622), 0);
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_TRUE(foreign_writer(file.get(), path));
}

TEST(ForeignWriter, OfWhatCantBeLookedAtIsUnknownWhichIsNotNobody) { EXPECT_TRUE(foreign_writer(-1, "/c")); }

}  // namespace
}  // namespace cmm
