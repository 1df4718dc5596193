// SPDX-License-Identifier: Apache-2.0
#include "model/amount.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace cmm {
namespace {

constexpr Bytes kHuge{std::numeric_limits<std::uint64_t>::max()};

TEST(Amount, InBytesIsTheSameWhateverTheLimit) {
  EXPECT_EQ(resolve(MiB(7), GiB(1)), MiB(7));
  EXPECT_EQ(resolve(MiB(7), Bytes{}), MiB(7));
}

TEST(Amount, InPercentIsAShareOfTheLimitRoundedDown) {
  EXPECT_EQ(resolve(Percent{25}, GiB(1)), MiB(256));
  EXPECT_EQ(resolve(Percent{12.5}, MiB(8)), MiB(1));
  EXPECT_EQ(resolve(Percent{50}, Bytes{3}), Bytes{1});
  EXPECT_EQ(resolve(Percent{0}, GiB(1)), Bytes{});
  EXPECT_EQ(resolve(Percent{25}, Bytes{}), Bytes{});
}

TEST(Amount, OfAHundredPercentIsTheWholeLimitHoweverLarge) {
  EXPECT_EQ(resolve(Percent{100}, GiB(3)), GiB(3));
  EXPECT_EQ(resolve(Percent{100}, Bytes{(std::uint64_t{1} << 53U) + 1}),
            (Bytes{(std::uint64_t{1} << 53U) + 1}));
  EXPECT_EQ(resolve(Percent{100}, kHuge), kHuge);
}

TEST(Amount, OfPartOfAnUnknownLimitStaysHuge) { EXPECT_GT(resolve(Percent{25}, kHuge), GiB(1U << 30U)); }

TEST(Amount, IsWrittenWithItsUnit) {
  EXPECT_EQ(to_string(Amount{Percent{25}}), "25%");
  EXPECT_EQ(to_string(Amount{Percent{12.5}}), "12.5%");
  EXPECT_EQ(to_string(Amount{MiB(100)}), "104857600 B");
}

}  // namespace
}  // namespace cmm
