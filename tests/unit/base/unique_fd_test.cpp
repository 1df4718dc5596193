// SPDX-License-Identifier: Apache-2.0
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace cmm {
namespace {

UniqueFd any() { return UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)}; }

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFd, IsNoneUntilItGetsOne) {
  const UniqueFd none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
}

TEST(UniqueFd, ZeroIsADescriptorLikeAnyOther) {
  UniqueFd zero{::dup(0)};
  EXPECT_TRUE(zero);
  const UniqueFd none{-1};
  EXPECT_FALSE(none);
}

TEST(UniqueFd, ClosesWhatItOwnsWhenItGoes) {
  int fd = -1;
  {
    const auto owner = any();
    fd = owner.get();
    ASSERT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, HandsItsDescriptorOverWhenMoved) {
  auto first = any();
  const int fd = first.get();
  const UniqueFd second{std::move(first)};
  EXPECT_EQ(second.get(), fd);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what is left is what is tested
  EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, ClosesItsOwnWhenItIsGivenAnother) {
  auto first = any();
  auto second = any();
  const int old = first.get();
  const int kept = second.get();
  first = std::move(second);
  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(kept));
  EXPECT_EQ(first.get(), kept);
}

TEST(UniqueFd, SurvivesAMoveToItself) {
  auto fd = any();
  auto& alias = fd;
  fd = std::move(alias);
  EXPECT_TRUE(is_open(fd.get()));
}

TEST(UniqueFd, IsNoneAfterReset) {
  auto fd = any();
  const int number = fd.get();
  fd.reset();
  EXPECT_FALSE(fd);
  EXPECT_FALSE(is_open(number));
  fd.reset();
}

}  // namespace
}  // namespace cmm
