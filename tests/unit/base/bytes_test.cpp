// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace cmm {
namespace {

constexpr Bytes kMost{std::numeric_limits<std::uint64_t>::max()};

TEST(Bytes, AddAndSubtractLikeNumbers) {
  EXPECT_EQ(Bytes{3} + Bytes{4}, Bytes{7});
  EXPECT_EQ(Bytes{7} - Bytes{4}, Bytes{3});
  EXPECT_LT(Bytes{3}, Bytes{4});
  EXPECT_EQ(Bytes{}, Bytes{0});
}

TEST(Bytes, SumsStayAtTheTopInsteadOfComingRound) {
  EXPECT_EQ(kMost + Bytes{1}, kMost);
  EXPECT_EQ(kMost + kMost, kMost);
  EXPECT_EQ(Bytes{kMost.count() - 1} + Bytes{1}, kMost);
  auto sum = kMost;
  sum += Bytes{5};
  EXPECT_EQ(sum, kMost);
}

TEST(Bytes, DifferencesStayAtZeroInsteadOfComingRound) {
  EXPECT_EQ(Bytes{4} - Bytes{5}, Bytes{});
  EXPECT_EQ(Bytes{} - kMost, Bytes{});
  EXPECT_EQ(kMost - kMost, Bytes{});
}

TEST(Bytes, UnitsAreBinary) {
  EXPECT_EQ(KiB(1), Bytes{1024});
  EXPECT_EQ(MiB(1), KiB(1024));
  EXPECT_EQ(GiB(1), MiB(1024));
}

TEST(Human, ShowsOneDecimalInTheLargestUnitThatFits) {
  const struct {
    Bytes bytes;
    const char* text;
  } rows[] = {
      {Bytes{0}, "0 B"},       {Bytes{1023}, "1023 B"},
      {KiB(1), "1.0 KiB"},     {Bytes{1536}, "1.5 KiB"},
      {MiB(200), "200.0 MiB"}, {GiB(1), "1.0 GiB"},
      {GiB(1536), "1.5 TiB"},  {GiB(std::uint64_t{1} << 20U), "1.0 PiB"},
      {kMost, "16.0 EiB"},
  };
  for (const auto& row : rows) EXPECT_EQ(human(row.bytes), row.text);
}

TEST(Human, NeverShowsAThousandAndTwentyFourOfAUnit) {
  EXPECT_EQ(human(MiB(1) - Bytes{1}), "1.0 MiB");
  EXPECT_EQ(human(GiB(1) - KiB(1)), "1.0 GiB");
  EXPECT_EQ(human(KiB(1023)), "1023.0 KiB");
}

TEST(Bytes, AreHalvedDownwards) {
  EXPECT_EQ(half(MiB(2)), MiB(1));
  EXPECT_EQ(half(Bytes{3}), Bytes{1});
  EXPECT_EQ(half(Bytes{}), Bytes{});
}

}  // namespace
}  // namespace cmm
