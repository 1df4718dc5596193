// SPDX-License-Identifier: Apache-2.0
#include "config/quantity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

template <class T>
struct Row {
  std::string_view text;
  T value;
};

TEST(Size, IsReadInEveryUnit) {
  const Row<std::uint64_t> rows[] = {
      {"0", 0},
      {"104857600", 104857600},
      {"512 B", 512},
      {"512B", 512},
      {"3kB", 3000},
      {"3KB", 3000},
      {"3K", 3000},
      {"3KiB", 3072},
      {"3Ki", 3072},
      {"5MB", 5'000'000},
      {"5 M", 5'000'000},
      {"5MiB", 5ULL << 20U},
      {"5 Mi", 5ULL << 20U},
      {"7GB", 7'000'000'000},
      {"7G", 7'000'000'000},
      {"7GiB", 7ULL << 30U},
      {"7Gi", 7ULL << 30U},
      {"2TB", 2'000'000'000'000},
      {"2 T", 2'000'000'000'000},
      {"2 TiB", 2ULL << 40U},
      {"2Ti", 2ULL << 40U},
      {"007", 7},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_bytes(row.text), Bytes{row.value}) << row.text;
}

TEST(Size, TakesFractionsExactlyAndDropsWhatIsLessThanAByte) {
  const Row<std::uint64_t> rows[] = {
      {"8.5 MiB", 8912896},
      {"0.1 GiB", 107374182},
      {"0.3 TB", 300'000'000'000},
      {"1.1 kB", 1100},
      {"1.0009765625 KiB", 1025},
      {"0.99999999999999999999999999999999999999 KiB", 1023},
      {"1.00000000000000000000000000000000000000", 1},
      {"1.9", 1},
      {"0.9 B", 0},
      {"9007199254740993", 9007199254740993},  // 2^53 + 1, which a double doesn't hold
  };
  for (const auto& row : rows) EXPECT_EQ(parse_bytes(row.text), Bytes{row.value}) << row.text;
}

TEST(Size, GoesUpToTheLargestByteCountAndNotBeyond) {
  EXPECT_EQ(parse_bytes("18446744073709551615"), Bytes{most});
  EXPECT_EQ(parse_bytes("18446744073709551615.9"), Bytes{most});
  EXPECT_EQ(parse_bytes("16777215.999999999999999999999 TiB"), Bytes{most});
  for (const auto* text :
       {"18446744073709551616", "16777216 TiB", "18446744.1 TB", "18446744073709551615 KiB",
        "99999999999999999999999999", "18014398509481984 Ki"}) {
    const auto bytes = parse_bytes(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_THAT(bytes.error(), HasSubstr("too large")) << text;
  }
}

constexpr std::string_view nonsense[] = {
    "",       " ",      "   ",   "\t",     "\n",    "nan",    "NaN",     "inf",    "infinity", "-1",
    "-0",     "+1",     "-5%",   "+5%",    "0x10",  "1e9",    "1E3",     "1e9%",   "1.",       ".5",
    ".",      "1..2",   "1.2.3", "1,5",    "1_000", "10 ",    " 10",     "10  MB", "10\tMB",   "10 mb",
    "10 kib", "10 Mib", "10 gB", "10 k",   "10 b",  "10 MBs", "10 MB x", "10MB ",  "10 P",     "10 EiB",
    "MB",     "%",      "25%%",  "25 % x", "25% ",  "10 s5",  "--1",     "ten",    "1 0",      "1\n",
    "²",      "１０",   "1;",    "0b1",    "1'000",
};

TEST(Size, RefusesEverythingElse) {
  for (const auto text : nonsense) EXPECT_FALSE(parse_bytes(text)) << text;
  for (const auto* text : {"25%", "10s", "10 ms"}) EXPECT_FALSE(parse_bytes(text)) << text;
  EXPECT_FALSE(parse_bytes(std::string_view{"1\0", 2}));
}

TEST(Size, IsRefusedWithTheValueTheReasonAndTheAcceptedForms) {
  EXPECT_EQ(parse_bytes("10 mb").error(),
            "\"10 mb\": unknown unit \"mb\"; accepted: a size like 200 MiB, 1.5 GB or 104857600 "
            "(B; kB, KB, K; KiB, Ki; M, G and T likewise)");
}

TEST(Message, StaysOneShortLineWhateverTheValue) {
  const auto error = parse_bytes("1\n2\x1b[31m" + std::string(5000, 'x')).error();
  EXPECT_THAT(error, Not(HasSubstr("\n")));
  EXPECT_THAT(error, Not(HasSubstr("\x1b")));
  EXPECT_LT(error.size(), 500);
}

TEST(Threshold, IsAPercentageOrASize) {
  const Row<Amount> rows[] = {
      {"25%", Percent{25}},   {"25 %", Percent{25}},  {"12.5%", Percent{12.5}},
      {"100%", Percent{100}}, {"0.1%", Percent{0.1}}, {"0.00001%", Percent{0.00001}},
      {"1 B", Bytes{1}},      {"25", Bytes{25}},      {"200 MiB", MiB(200)},
      {"1.5 GiB", MiB(1536)},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_threshold(row.text), row.value) << row.text;
}

TEST(Threshold, HasToBeAboveZeroAndUpToAHundredPercent) {
  for (const auto* text : {"0", "0%", "0.0%", "0 MiB", "0.5 B", "100.1%", "101%", "1000%"}) {
    EXPECT_FALSE(parse_threshold(text)) << text;
  }
  EXPECT_FALSE(parse_threshold(std::string(400, '9') + "%"));
  EXPECT_FALSE(parse_threshold("0." + std::string(400, '0') + "1%"));
}

TEST(Threshold, RefusesEverythingElse) {
  for (const auto text : nonsense) {
    const auto amount = parse_threshold(text);
    ASSERT_FALSE(amount) << text;
    EXPECT_THAT(amount.error(), HasSubstr("accepted: a percentage above 0 and up to 100 like 25%")) << text;
  }
}

TEST(Target, MayBeZero) {
  EXPECT_EQ(parse_target("0"), Amount{Bytes{0}});
  EXPECT_EQ(parse_target("0 MiB"), Amount{Bytes{0}});
  EXPECT_EQ(parse_target("0%"), Amount{Percent{0}});
  EXPECT_EQ(parse_target("20%"), Amount{Percent{20}});
  EXPECT_EQ(parse_target("100 MiB"), Amount{MiB(100)});
}

TEST(Target, RefusesEverythingElse) {
  for (const auto text : nonsense) EXPECT_FALSE(parse_target(text)) << text;
  EXPECT_FALSE(parse_target("100.5%"));
}

TEST(PercentText, IsAPercentageAboveZeroWithItsSign) {
  const Row<Percent> rows[] = {{"20%", Percent{20}},
                               {"20 %", Percent{20}},
                               {"100%", Percent{100}},
                               {"2.5%", Percent{2.5}},
                               {"0.00001%", Percent{0.00001}}};
  for (const auto& row : rows) EXPECT_EQ(parse_percent(row.text), row.value) << row.text;
}

TEST(PercentText, RefusesEverythingElse) {
  for (const auto text : nonsense) EXPECT_FALSE(parse_percent(text)) << text;
  for (const auto* text : {"0%", "0.0%", "100.1%", "20", "0", "20 MiB", "20s"}) {
    const auto percent = parse_percent(text);
    ASSERT_FALSE(percent) << text;
    EXPECT_THAT(percent.error(), HasSubstr("accepted: a percentage above 0 and up to 100")) << text;
  }
  EXPECT_THAT(parse_percent("20").error(), HasSubstr("\"20\": not a percentage"));
}

TEST(Count, IsAWholeNumber) {
  const Row<unsigned> rows[] = {{"0", 0}, {"2", 2}, {"064", 64}, {"4294967295", 4294967295}};
  for (const auto& row : rows) EXPECT_EQ(parse_count(row.text), row.value) << row.text;
}

TEST(Count, RefusesEverythingElse) {
  for (const auto text : nonsense) EXPECT_FALSE(parse_count(text)) << text;
  for (const auto* text : {"2.0", "2.5", "2 B", "2K", "2%", "2s", "4294967296", "99999999999999999999"}) {
    const auto count = parse_count(text);
    ASSERT_FALSE(count) << text;
    EXPECT_THAT(count.error(), HasSubstr("accepted: a whole number")) << text;
  }
}

TEST(Amount, IsWrittenInAFormThatReadsBackTheSame) {
  const Amount amounts[] = {Percent{25},   Percent{12.5}, Percent{100.0 / 3}, Percent{0.1}, Percent{100},
                            Percent{1e-4}, Bytes{1},      Bytes{most},        MiB(8)};
  for (const auto& amount : amounts) {
    EXPECT_EQ(parse_threshold(to_string(amount)), amount) << to_string(amount);
    EXPECT_EQ(parse_threshold(to_string(amount)), amount) << to_string(amount);
  }
  const Amount small[] = {Percent{0}, Percent{1e-5}, Percent{std::numeric_limits<double>::denorm_min()},
                          Bytes{0}};
  for (const auto& amount : small) EXPECT_EQ(parse_target(to_string(amount)), amount) << to_string(amount);
}

TEST(DurationText, IsReadInEveryUnitAndABareNumberIsSeconds) {
  const Row<Duration> rows[] = {
      {"10", 10s},    {"10s", 10s},    {"10 s", 10s},     {"500ms", 500ms},      {"500 ms", 500ms},
      {"2m", 2min},   {"1h", 1h},      {"1.5m", 90s},     {"0.1", 100ms},        {"0", 0s},
      {"0ms", 0s},    {"0.5h", 30min}, {"2.5ms", 2500us}, {"0.000000001s", 1ns}, {"0.0000000019", 1ns},
      {"720h", 720h},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_duration(row.text), row.value) << row.text;
}

TEST(DurationText, RefusesEverythingElse) {
  for (const auto text : nonsense) EXPECT_FALSE(parse_duration(text)) << text;
  for (const auto* text : {"10 S", "10min", "10 sec", "1d", "10us", "10%", "10 MiB", "1m30s", "10MS", "1H"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_THAT(duration.error(), HasSubstr("accepted: a duration like 10, 10s, 500ms, 1.5m or 1h")) << text;
  }
}

TEST(DurationText, GoesUpToTheLargestDurationAndNotBeyond) {
  EXPECT_EQ(parse_duration("9223372036.854775807"), Duration::max());
  EXPECT_FALSE(parse_duration("9223372036.854775808"));
  EXPECT_FALSE(parse_duration("2562048h"));
  EXPECT_FALSE(parse_duration("18446744073709551615h"));
}

TEST(DurationText, IsWrittenInAFormThatReadsBackTheSame) {
  const Row<Duration> rows[] = {
      {"0s", 0s},       {"10s", 10s},      {"90s", 90s},        {"2m", 120s},       {"1h", 3600s},
      {"500ms", 500ms}, {"2.5ms", 2500us}, {"0.000001ms", 1ns}, {"1001ms", 1001ms},
  };
  for (const auto& row : rows) EXPECT_EQ(to_text(row.value), row.text);
  for (const auto duration : {Duration::max(), Duration{1'000'000'001}, Duration{1h} + 1ns}) {
    EXPECT_EQ(parse_duration(to_text(duration)), duration) << to_text(duration);
  }
}

}  // namespace
}  // namespace cmm
