// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/failure.hpp"
#include "tool/limits.hpp"
#include "tool/load.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = LoadKind;

/// The message with which something is refused, which has to be the command line's fault.
template <class F>
std::string refusal_of(F parse) {
  try {
    parse();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::usage);
    return failure.what();
  }
  return "accepted";
}

TEST(LoadKinds, AreNamedOneByOneOrAllAtOnce) {
  EXPECT_THAT(parse_load_kinds("anon"), ElementsAre(Kind::anon));
  EXPECT_THAT(parse_load_kinds("dirty,cache"), ElementsAre(Kind::cache, Kind::dirty));
  EXPECT_THAT(parse_load_kinds("mixed"), ElementsAre(Kind::anon, Kind::cache, Kind::dirty, Kind::shmem));
}

TEST(LoadKinds, CountOnceHoweverOftenTheyAreNamed) {
  EXPECT_THAT(parse_load_kinds("shmem,shmem"), ElementsAre(Kind::shmem));
  EXPECT_EQ(parse_load_kinds("mixed,anon").size(), 4);
}

TEST(LoadKinds, AreRefusedWhereOneIsUnknown) {
  for (const auto* text : {"", "swap", "anon,", ",anon", "anon,,cache", "ANON", "anon cache"}) {
    EXPECT_THAT(refusal_of([&] { parse_load_kinds(text); }), HasSubstr("accepted: anon, cache, dirty, shmem"))
        << text;
  }
}

TEST(CpuMaxArgument, IsInMicrosecondsOrWithAUnit) {
  EXPECT_EQ(parse_cpu_max("50000", "100000"), (CpuMax{.quota = 50ms, .period = 100ms}));
  EXPECT_EQ(parse_cpu_max("50ms", "1s"), (CpuMax{.quota = 50ms, .period = 1s}));
  EXPECT_EQ(parse_cpu_max("2s", "1s"), (CpuMax{.quota = 2s, .period = 1s})) << "two CPUs";
  EXPECT_EQ(parse_cpu_max("max", "100000"), (CpuMax{.quota = std::nullopt, .period = 100ms}));
}

TEST(CpuMaxArgument, IsRefusedOutsideOfWhatTheKernelTakes) {
  EXPECT_THAT(refusal_of([] { parse_cpu_max("999", "100000"); }), HasSubstr("QUOTA: 999 us"));
  EXPECT_THAT(refusal_of([] { parse_cpu_max("1000", "999"); }), HasSubstr("PERIOD: 999 us"));
  EXPECT_THAT(refusal_of([] { parse_cpu_max("1000", "1000001"); }), HasSubstr("PERIOD: 1000001 us"));
}

TEST(CpuMaxArgument, IsRefusedWhereItIsNoTime) {
  for (const auto* text : {"", "half", "-1", "50%", "99999999999999999999"}) {
    EXPECT_THAT(refusal_of([&] { parse_cpu_max(text, "100000"); }), HasSubstr("QUOTA: ")) << text;
  }
  EXPECT_THAT(refusal_of([] { parse_cpu_max("1000", "max"); }), HasSubstr("PERIOD: "));
}

TEST(CpuMaxText, IsThatOfCpuMax) {
  EXPECT_EQ(to_string(CpuMax{.quota = 50ms, .period = 100ms}), "50000 100000");
  EXPECT_EQ(to_string(CpuMax{}), "max 100000");
}

TEST(LimitArgument, IsASizeOrMax) {
  EXPECT_EQ(parse_limit_argument("memory-max", "100MiB"), Limit{MiB(100)});
  EXPECT_EQ(parse_limit_argument("memory-max", "0"), Limit{Bytes{}});
  EXPECT_EQ(parse_limit_argument("memory-max", "max"), Limit::max());
}

TEST(LimitArgument, IsRefusedWhereItIsNeither) {
  for (const auto* text : {"", "much", "-1", "100 MB!", "18446744073709551616", "Max"}) {
    const auto refusal = refusal_of([&] { parse_limit_argument("memory-max", text); });
    EXPECT_THAT(refusal, testing::StartsWith("memory-max: ")) << text;
    EXPECT_THAT(refusal, testing::EndsWith(", or max for no limit")) << text;
  }
}

TEST(SizeArgument, IsWhatAProcessCanAddress) {
  EXPECT_EQ(parse_size_argument("SIZE", "100MiB"), MiB(100));
  EXPECT_EQ(parse_size_argument("SIZE", "64TiB"), GiB(65536));
  EXPECT_EQ(refusal_of([] { parse_size_argument("SIZE", "18446744073709551615"); }),
            "SIZE: \"18446744073709551615\": more than a process can address; accepted: up to 64.0 PiB");
}

TEST(LimitText, IsBytesOrMaxForTheTool) {
  EXPECT_EQ(to_text(Limit{MiB(1)}), "1048576");
  EXPECT_EQ(to_text(Limit::max()), "max");
}

}  // namespace
}  // namespace cmm::tool
