// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::FakeTree;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::error_code code_of(std::errc code) { return std::make_error_code(code); }

Slice slice(std::error_code error = {}, bool exhausted = false) {
  return {.error = error, .took = 1ms, .cpu = 1ms, .exhausted = exhausted};
}

/// A fake cgroup, and a kernel that does with it what the test says.
class ReclaimInSlices : public testing::Test {
 protected:
  explicit ReclaimInSlices(CgroupVersion version = CgroupVersion::v2) : tree(version) { has(MiB(100)); }

  void has(Bytes cache_now) {
    cache = cache_now;
    cgroup = tree.add("top/leaf", {.cache = cache});
  }

  /// Each slice calls `kernel`, which may free something.
  ReclaimOutcome reclaim(const std::function<Slice(Bytes)>& kernel) {
    ReclaimJob job{cgroup, tree.open("top/leaf"), request};
    const SliceCutter cutter{.cut =
                                 [&](Bytes excess) {
                                   asked.push_back(excess);
                                   return kernel(excess);
                                 },
                             .learn = [&](const SliceEffect& effect) { effects.push_back(effect.freed); }};
    return reclaim_in_slices(job, memory_interface(tree.hierarchy().version), cutter, stop.get_token());
  }

  FakeTree tree;
  Bytes cache;
  CgroupRef cgroup;
  ReclaimRequest request{.bytes = MiB(60), .threshold = MiB(50), .target = MiB(40), .time_budget = 1h};
  std::stop_source stop;
  std::vector<Bytes> asked;
  std::vector<Bytes> effects;
};

TEST_F(ReclaimInSlices, GoesOnUntilTheTargetIsReached) {
  const auto outcome = reclaim([&](Bytes) {
    has(cache - MiB(25));
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_EQ(outcome.slices, 3);
  EXPECT_EQ(outcome.requested, MiB(60));
  EXPECT_EQ(outcome.freed, MiB(75));
  EXPECT_EQ(outcome.cache_before, MiB(100));
  EXPECT_EQ(outcome.cache_after, MiB(25));
  EXPECT_FALSE(outcome.error);
  EXPECT_GT(outcome.duration, 0ns);
  EXPECT_THAT(asked, ElementsAre(MiB(60), MiB(35), MiB(10))) << "each slice goes for what is left";
  EXPECT_THAT(effects, ElementsAre(MiB(25), MiB(25), MiB(25)));
}

TEST_F(ReclaimInSlices, StopsExactlyAtTheTarget) {
  const auto outcome = reclaim([&](Bytes excess) {
    has(cache - excess);
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_EQ(outcome.slices, 1);
  EXPECT_EQ(outcome.cache_after, MiB(40));
}

TEST_F(ReclaimInSlices, CutsNothingWhereTheCacheIsDownAlready) {
  has(MiB(40));
  const auto outcome = reclaim([](Bytes) { return slice(); });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_EQ(outcome.freed, Bytes{});
}

TEST_F(ReclaimInSlices, CutsNothingOnceItIsToldToStop) {
  stop.request_stop();
  const auto outcome = reclaim([](Bytes) { return slice(); });
  EXPECT_EQ(outcome.end, ReclaimEnd::stopped);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(ReclaimInSlices, StopsBetweenTwoSlicesAndKeepsWhatWasFreed) {
  const auto outcome = reclaim([&](Bytes) {
    has(cache - MiB(10));
    stop.request_stop();
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::stopped);
  EXPECT_EQ(outcome.slices, 1);
  EXPECT_EQ(outcome.freed, MiB(10));
  EXPECT_EQ(outcome.cache_after, MiB(90));
}

TEST_F(ReclaimInSlices, PrefersToSayThatTheTargetWasReached) {
  const auto outcome = reclaim([&](Bytes excess) {
    has(cache - excess);
    stop.request_stop();
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
}

TEST_F(ReclaimInSlices, CutsNothingWithoutTime) {
  request.time_budget = 0s;
  const auto outcome = reclaim([](Bytes) { return slice(); });
  EXPECT_EQ(outcome.end, ReclaimEnd::out_of_time);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(ReclaimInSlices, EndsWhereTheCpuTimeIsSpent) {
  request.cpu_budget = 3ms;
  const auto outcome = reclaim([&](Bytes) {
    has(cache - MiB(10));
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::out_of_cpu);
  EXPECT_EQ(outcome.slices, 3) << "of a millisecond each";
  EXPECT_GE(outcome.cpu, 3ms);
  EXPECT_LT(outcome.cpu, 4ms) << "with the reads between them";
  EXPECT_EQ(outcome.freed, MiB(30)) << "stays freed";
}

TEST_F(ReclaimInSlices, FreesNoMoreThanItMayBesideAFastReader) {
  request.byte_budget = MiB(60);
  const auto outcome = reclaim([&](Bytes) {
    // Twenty are freed, then twenty read again, and so on.
    has(asked.size() % 2 == 1 ? cache - MiB(20) : cache + MiB(20));
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::out_of_bytes);
  EXPECT_EQ(outcome.freed, MiB(60));
  EXPECT_THAT(asked, ElementsAre(MiB(60), MiB(40), MiB(40), MiB(20), MiB(20)))
      << "towards what it may, not only towards the target";
}

TEST_F(ReclaimInSlices, CutsNothingUnderPressure) {
  request.max_pressure = Percent{20};
  tree.write("top/leaf", "memory.pressure", "some avg10=20.01 avg60=0.00 avg300=0.00 total=0\n");
  const auto outcome = reclaim([](Bytes) { return slice(); });
  EXPECT_EQ(outcome.end, ReclaimEnd::under_pressure) << "it may have waited in line since the scan looked";
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(ReclaimInSlices, StopsWhereThePressureRises) {
  request.max_pressure = Percent{20};
  tree.write("top/leaf", "memory.pressure", "some avg10=20.00 avg60=0.00 avg300=0.00 total=0\n");
  const auto outcome = reclaim([&](Bytes) {
    tree.write("top/leaf", "memory.pressure", "some avg10=20.01 avg60=0.00 avg300=0.00 total=0\n");
    has(cache - KiB(4));
    // It is looked at ten times a second, and the reclaim goes on until then.
    std::this_thread::sleep_for(1ms);
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::under_pressure);
  EXPECT_GT(outcome.slices, 0U);
  EXPECT_LT(outcome.freed, MiB(1)) << "long before the target";
}

TEST_F(ReclaimInSlices, GivesUpAfterEightSlicesWithoutEffect) {
  const auto outcome = reclaim([](Bytes) { return slice(); });
  EXPECT_EQ(outcome.end, ReclaimEnd::no_progress);
  EXPECT_EQ(outcome.slices, 8);
  EXPECT_THAT(effects, SizeIs(8)) << "the cutter learns of futile slices too, to make them longer";
  EXPECT_THAT(effects, Each(Bytes{}));
}

TEST_F(ReclaimInSlices, CountsFutileSlicesAnewAfterEachThatFreedSomething) {
  const auto outcome = reclaim([&](Bytes) {
    if (asked.size() == 8) has(cache - KiB(4));
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::no_progress);
  EXPECT_EQ(outcome.slices, 16);
  EXPECT_EQ(outcome.freed, KiB(4));
}

TEST_F(ReclaimInSlices, GivesUpAtOnceWhereTheKernelSaysThatThereIsNothingMore) {
  const auto outcome =
      reclaim([](Bytes) { return slice(code_of(std::errc::resource_unavailable_try_again), true); });
  EXPECT_EQ(outcome.end, ReclaimEnd::no_progress);
  EXPECT_EQ(outcome.slices, 1);
  EXPECT_FALSE(outcome.error) << "an ordinary outcome";
}

TEST_F(ReclaimInSlices, GoesOnAfterAnExhaustedSliceThatFreedSomethingAllTheSame) {
  const auto outcome = reclaim([&](Bytes) {
    has(cache - MiB(30));
    return slice(code_of(std::errc::resource_unavailable_try_again), true);
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_EQ(outcome.slices, 2);
}

TEST_F(ReclaimInSlices, TakesAnInterruptedSliceForAnOrdinaryOne) {
  const auto outcome = reclaim([&](Bytes) {
    has(cache - MiB(30));
    return slice(code_of(std::errc::interrupted));
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_FALSE(outcome.error);
}

TEST_F(ReclaimInSlices, BelievesTheCountersAndNotTheWrite) {
  // Success is returned, and nothing has happened.
  const auto outcome = reclaim([](Bytes) { return slice({}, true); });
  EXPECT_EQ(outcome.end, ReclaimEnd::no_progress);
  EXPECT_EQ(outcome.freed, Bytes{});
  EXPECT_EQ(outcome.cache_after, MiB(100));
}

TEST_F(ReclaimInSlices, CountsWhatLeftTheListsEvenWhereTheWorkloadReadsNewPagesMeanwhile) {
  const auto outcome = reclaim([&](Bytes) {
    // Twenty are freed and then ten read again, from the second slice on.
    has(asked.size() % 2 == 1 ? cache - MiB(20) : cache + MiB(10));
    return slice();
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_EQ(outcome.freed, MiB(100)) << "five times twenty";
  EXPECT_EQ(outcome.cache_after, MiB(40));
}

TEST_F(ReclaimInSlices, IsDoneWhereWhatIsLeftIsDirty) {
  tree.add("top/leaf", {.cache = MiB(100), .dirty = MiB(70)});
  const auto outcome = reclaim([](Bytes) { return slice(); });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_EQ(outcome.cache_before, MiB(30));
}

TEST_F(ReclaimInSlices, EndsAsAnOutcomeWhereTheCgroupIsRemovedMeanwhile) {
  for (const auto code : {std::errc::no_such_device, std::errc::no_such_file_or_directory}) {
    const auto outcome = reclaim([&](Bytes) { return slice(code_of(code)); });
    EXPECT_EQ(outcome.end, ReclaimEnd::cgroup_gone);
    EXPECT_FALSE(outcome.error);
    EXPECT_EQ(outcome.slices, 1);
  }
}

TEST_F(ReclaimInSlices, NamesTheFileThatTheKernelRefusesToWrite) {
  for (const auto code :
       {std::errc::permission_denied, std::errc::operation_not_permitted, std::errc::read_only_file_system}) {
    const auto outcome = reclaim([&](Bytes) { return slice(code_of(code)); });
    EXPECT_EQ(outcome.end, ReclaimEnd::denied);
    EXPECT_EQ(outcome.error, (Error{code_of(code), "write", "top/leaf/memory.reclaim"}));
  }
}

TEST_F(ReclaimInSlices, EndsAsCgroupGoneWhereItWasRemovedBeforeTheFirstSlice) {
  ReclaimJob job{cgroup, tree.open("top/leaf"), request};
  tree.remove("top/leaf");
  const SliceCutter never{.cut = [](Bytes) -> Slice { throw std::logic_error{"a slice was cut"}; },
                          .learn = {}};
  const auto outcome = reclaim_in_slices(job, memory_interface(CgroupVersion::v2), never, stop.get_token());
  EXPECT_EQ(outcome.end, ReclaimEnd::cgroup_gone);
  EXPECT_EQ(outcome.requested, MiB(60));
  EXPECT_EQ(outcome.slices, 0);
}

TEST_F(ReclaimInSlices, FailsWithTheFilesNameWhereTheCountersMakeNoSense) {
  tree.write("top/leaf", "memory.stat", "no such thing\n");
  const auto before = reclaim([](Bytes) { return slice(); });
  EXPECT_EQ(before.end, ReclaimEnd::failed);
  EXPECT_EQ(before.error, (Error{code_of(std::errc::bad_message), "read", "top/leaf/memory.stat"}));
  has(MiB(100));
  const auto between = reclaim([&](Bytes) {
    tree.write("top/leaf", "memory.stat", "");
    return slice();
  });
  EXPECT_EQ(between.end, ReclaimEnd::failed);
  EXPECT_EQ(between.slices, 1);
  EXPECT_EQ(between.error, (Error{code_of(std::errc::bad_message), "read", "top/leaf/memory.stat"}));
}

class ReclaimInSlicesOnV1 : public ReclaimInSlices {
 protected:
  ReclaimInSlicesOnV1() : ReclaimInSlices(CgroupVersion::v1) {}
};

TEST_F(ReclaimInSlicesOnV1, MeasuresByTheTotals) {
  const auto outcome = reclaim([&](Bytes) {
    has(cache - MiB(30));
    return slice(code_of(std::errc::interrupted));
  });
  EXPECT_EQ(outcome.end, ReclaimEnd::target_reached);
  EXPECT_EQ(outcome.freed, MiB(60));
}

TEST(EndOf, EachErrorOfASystemCallIsOneKindOfEnd) {
  const struct {
    std::errc code;
    ReclaimEnd end;
  } rows[] = {
      {std::errc::no_such_device, ReclaimEnd::cgroup_gone},
      {std::errc::no_such_file_or_directory, ReclaimEnd::cgroup_gone},
      {std::errc::permission_denied, ReclaimEnd::denied},
      {std::errc::operation_not_permitted, ReclaimEnd::denied},
      {std::errc::read_only_file_system, ReclaimEnd::denied},
      {std::errc::invalid_argument, ReclaimEnd::unsupported},
      {std::errc::operation_not_supported, ReclaimEnd::unsupported},
      {std::errc::not_enough_memory, ReclaimEnd::failed},
      {std::errc::too_many_files_open, ReclaimEnd::failed},
      {std::errc::bad_message, ReclaimEnd::failed},
  };
  for (const auto& row : rows) EXPECT_EQ(end_of(code_of(row.code)), row.end) << code_of(row.code).message();
}

}  // namespace
}  // namespace cmm
