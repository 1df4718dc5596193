// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/sampler.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "support/fake_tree.hpp"
#include "support/refresh.hpp"

namespace cmm {
namespace {

using test::fake_container_id;
using test::FakeTree;
using testing::StartsWith;

constexpr Bytes kNodeTotal = GiB(4);

/// One target below "top" and what the sampler says of it.
class SamplerTest : public testing::TestWithParam<CgroupVersion> {
 protected:
  const std::string path = "top/docker-" + fake_container_id() + ".scope";

  SamplerTest() { tree.add("top"); }

  template <class T>
  T with_target(const std::function<T(const Branch&, Target&)>& ask, bool refresh = true) {
    if (refresh) test::refresh(watched);
    std::optional<T> answer;
    watched.for_each_target(
        [&](const Branch& branch, Target& target) { answer.emplace(ask(branch, target)); });
    return answer.value();
  }

  Result<MemorySample> usage(bool refresh = true) {
    return with_target<Result<MemorySample>>(
        [&](const Branch& branch, Target& target) {
          return sampler.read_usage(branch, target, kNodeTotal, true);
        },
        refresh);
  }

  Result<MemorySample> whole() {
    return with_target<Result<MemorySample>>(
        [&](const Branch& branch, Target& target) -> Result<MemorySample> {
          const auto sample = sampler.read_usage(branch, target, kNodeTotal, true);
          if (!sample) return tl::unexpected{sample.error()};
          return sampler.read_cache(branch, target, kNodeTotal, true, *sample);
        });
  }

  Result<CacheSample> cache() {
    return whole().map([](const MemorySample& sample) { return *sample.cache; });
  }

  Result<bool> may_swap() {
    return with_target<Result<bool>>([&](const Branch& branch, Target& target) -> Result<bool> {
      const auto sample = sampler.read_usage(branch, target, kNodeTotal, true);
      if (!sample) return tl::unexpected{sample.error()};
      return sampler.read_guards(branch, target, true).map([](const GuardSample& guards) {
        return guards.swappable;
      });
    });
  }

  bool is_gone() {
    return with_target<bool>([](const Branch&, const Target& target) { return target.gone; }, false);
  }

  [[nodiscard]] const MemoryInterface& files() const { return memory_interface(GetParam()); }

  FakeTree tree{GetParam()};
  CgroupTree watched{tree.hierarchy(), {{"top"}}};
  Sampler sampler{tree.hierarchy()};
};

INSTANTIATE_TEST_SUITE_P(On, SamplerTest, testing::Values(CgroupVersion::v1, CgroupVersion::v2),
                         [](const auto& version) {
                           return version.param == CgroupVersion::v1 ? "v1" : "v2";
                         });

TEST_P(SamplerTest, ReadsUsageAndTheTightestLimit) {
  tree.add("top", {.limit = "209715200"});
  tree.add(path, {.usage = MiB(50), .limit = "314572800"});
  const auto sample = usage();
  ASSERT_TRUE(sample) << sample.error().message();
  EXPECT_EQ(sample->usage, MiB(50));
  EXPECT_EQ(sample->effective_limit, MiB(200)) << "the ancestor's";
  EXPECT_FALSE(sample->cache);
  tree.write(path, files().limit, "104857600\n");
  EXPECT_EQ(usage()->effective_limit, MiB(100)) << "its own";
}

TEST_P(SamplerTest, FindsTheLimitThatARuntimeSetsBelowTheContainer) {
  tree.add(path, {.limit = "314572800"});
  tree.add(path + "/container", {.limit = "104857600"});
  EXPECT_EQ(usage()->effective_limit, MiB(100));
  tree.write(path + "/container", files().limit, "209715200\n");
  EXPECT_EQ(usage()->effective_limit, MiB(200)) << "… also where it changes";
  tree.write(path, files().limit, "52428800\n");
  EXPECT_EQ(usage()->effective_limit, MiB(50));
}

TEST_P(SamplerTest, FindsThatLimitAlsoWhereItReadsTheCacheEachTime) {
  tree.add(path, {.limit = "314572800"});
  tree.add(path + "/container", {.limit = "104857600"});
  EXPECT_EQ(whole()->effective_limit, MiB(100));
  tree.write(path + "/container", files().limit, "52428800\n");
  EXPECT_EQ(whole()->effective_limit, MiB(50));
}

TEST_P(SamplerTest, LimitsByTheNodesMemoryWhereNothingElseDoes) {
  tree.add(path);
  EXPECT_EQ(usage()->effective_limit, kNodeTotal);
  tree.write(path, files().limit, "1099511627776\n");
  EXPECT_EQ(usage()->effective_limit, kNodeTotal) << "a limit above the node's memory limits nothing";
}

TEST_P(SamplerTest, ReadsUsageAnewThroughTheDescriptorThatItHolds) {
  tree.add(path, {.usage = MiB(1)});
  EXPECT_EQ(usage()->usage, MiB(1));
  tree.write(path, files().usage, "2097152\n");
  EXPECT_EQ(usage()->usage, MiB(2));
  tree.write(path, files().usage, "7\n");
  EXPECT_EQ(usage()->usage, Bytes{7});
}

TEST_P(SamplerTest, ReadsTheCacheAndWhatOfItCanBeDropped) {
  tree.add(path, {.cache = MiB(30), .shmem = MiB(12), .dirty = MiB(2)});
  const auto sample = cache();
  ASSERT_TRUE(sample) << sample.error().message();
  EXPECT_EQ(sample->cache, MiB(42));
  EXPECT_EQ(sample->reclaimable, MiB(28));
}

TEST_P(SamplerTest, ReadsAStatThatIsLargerThanOneBuffer) {
  tree.add(path, {.cache = MiB(30)});
  std::string filler;
  for (int line = 0; line < 2000; ++line) filler += fmt::format("unknown_{} 1\n", line);
  tree.write(path, "memory.stat", filler + tree.read(path, "memory.stat"));
  EXPECT_EQ(cache()->reclaimable, MiB(30));
}

TEST_P(SamplerTest, TakesWhatCanBeDroppedForTheCacheWhereTheKernelDoesNotSay) {
  tree.add(path);
  tree.write(path, "memory.stat",
             GetParam() == CgroupVersion::v1 ? "total_inactive_file 4096\ntotal_active_file 0\n"
                                             : "inactive_file 4096\nactive_file 0\n");
  const auto sample = cache();
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->cache, Bytes{4096});
  EXPECT_EQ(sample->reclaimable, Bytes{4096});
}

TEST_P(SamplerTest, NamesTheFileThatMakesNoSense) {
  tree.add(path);
  const auto prefix = "cannot read " + tree.absolute(path) + "/";
  tree.write(path, "memory.stat", "nothing 1\n");
  EXPECT_EQ(cache().error().message(), prefix + "memory.stat: unexpected content");
  tree.write(path, files().limit, "some\n");
  EXPECT_EQ(usage().error().message(), prefix + files().limit + ": unexpected content");
  tree.write(path, files().usage, "\n");
  EXPECT_EQ(usage().error().message(), prefix + files().usage + ": unexpected content");
  EXPECT_FALSE(is_gone());
}

TEST_P(SamplerTest, NamesTheFileThatAnExistingCgroupDoesNotHave) {
  tree.add(path);
  tree.remove_file(path, files().usage);
  const auto sample = usage();
  ASSERT_FALSE(sample);
  EXPECT_THAT(sample.error().message(),
              StartsWith("cannot read " + tree.absolute(path) + "/" + files().usage));
  EXPECT_FALSE(is_gone());
  tree.write(path, files().usage, "1\n");
  EXPECT_TRUE(usage()) << "the controller was enabled meanwhile";
}

TEST_P(SamplerTest, MarksACgroupAsGoneThatWasRemovedSinceItWasListed) {
  tree.add(path);
  test::refresh(watched);
  tree.remove(path);
  const auto sample = usage(false);
  ASSERT_FALSE(sample);
  EXPECT_TRUE(cmm::is_gone(sample.error().code)) << sample.error().message();
  EXPECT_TRUE(is_gone());
}

TEST_P(SamplerTest, MarksACgroupAsGoneThatWasRemovedSinceItsDirectoryWasOpened) {
  tree.add(path);
  ASSERT_TRUE(usage());
  with_target<bool>([](const Branch&, Target& target) {
    target.usage.fd.reset();
    return true;
  });
  tree.remove(path);
  EXPECT_FALSE(usage(false));
  EXPECT_TRUE(is_gone());
}

TEST_P(SamplerTest, NeverReadsACgroupThatWasMadeAnewUnderTheSameNameAsTheOneBefore) {
  tree.add(path, {.usage = MiB(1)});
  test::refresh(watched);
  tree.recreate(path, {.usage = MiB(2)});
  EXPECT_FALSE(usage(false));
  EXPECT_TRUE(is_gone());
  const auto next = usage();
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_EQ(next->usage, MiB(2));
}

TEST_P(SamplerTest, HoldsTheStatOnlyOfTargetsThatWillNeedItAgain) {
  tree.add(path);
  ASSERT_TRUE(cache());
  const auto held_after_release = [&](bool over_threshold) {
    return with_target<bool>([&](const Branch&, Target& target) {
      sampler.release(target, over_threshold);
      EXPECT_TRUE(target.usage.fd);
      return static_cast<bool>(target.stat.fd);
    });
  };
  EXPECT_TRUE(held_after_release(true));
  EXPECT_FALSE(held_after_release(false));
  EXPECT_TRUE(cache()) << "and opens it again when needed";
}

TEST_P(SamplerTest, ClosesEverythingOfATargetThatIsGone) {
  tree.add(path);
  ASSERT_TRUE(cache());
  with_target<bool>([&](const Branch&, Target& target) {
    target.gone = true;
    sampler.release(target, true);
    EXPECT_FALSE(target.dir);
    EXPECT_FALSE(target.usage.fd);
    EXPECT_FALSE(target.stat.fd);
    return true;
  });
}

TEST_P(SamplerTest, SaysThatACgroupMaySwapUnlessItsOwnLimitForbidsIt) {
  tree.add(path);
  EXPECT_TRUE(may_swap().value()) << "no such file";
  tree.write(path, "memory.swap.max", "max\n");
  EXPECT_TRUE(may_swap().value());
  tree.write(path, "memory.swap.max", "4096\n");
  EXPECT_TRUE(may_swap().value());
  tree.write(path, "memory.swap.max", "junk\n");
  EXPECT_TRUE(may_swap().value()) << "what can't be understood forbids nothing";
  tree.write(path, "memory.swap.max", "0\n");
  EXPECT_FALSE(may_swap().value());
}

TEST(SamplerOnV2, TakesTheTargetsOwnMemoryHighAsALimit) {
  FakeTree tree;
  tree.add("top/leaf", {.limit = "1000000", .high = "4096"});
  CgroupTree watched{tree.hierarchy(), {{"top"}}};
  Sampler sampler{tree.hierarchy()};
  test::refresh(watched);
  watched.for_each_target([&](const Branch& branch, Target& target) {
    EXPECT_EQ(sampler.read_usage(branch, target, kNodeTotal, true)->effective_limit, Bytes{4096});
  });
}

TEST(SamplerOnV2, FindsALeafThatGotChildrenGoneOnceItsDirectoryWasClosed) {
  FakeTree tree;
  tree.add("top/leaf");
  CgroupTree watched{tree.hierarchy(), {{"top"}}};
  Sampler sampler{tree.hierarchy()};
  test::refresh(watched);
  tree.add("top/leaf/inner");
  watched.for_each_target([&](const Branch& branch, Target& target) {
    target.dir.reset();
    EXPECT_FALSE(sampler.read_usage(branch, target, kNodeTotal, true));
    EXPECT_TRUE(target.gone);
  });
  test::refresh(watched);
  watched.for_each_target(
      [](const Branch&, const Target& target) { EXPECT_EQ(target.cgroup->path, "top/leaf/inner"); });
}

TEST_P(SamplerTest, TakesNoPressureThatCannotBeUnderstoodForNone) {
  tree.add(path);
  if (files().pressure != nullptr) tree.write(path, files().pressure, "nonsense\n");
  tree.write_below_root("proc/pressure/memory", "nonsense\n");
  Sampler of_tree{tree.hierarchy(), tree.root()};
  const auto guards =
      with_target<Result<GuardSample>>([&](const Branch& branch, Target& target) -> Result<GuardSample> {
        const auto sample = of_tree.read_usage(branch, target, kNodeTotal, true);
        if (!sample) return tl::unexpected{sample.error()};
        return of_tree.read_guards(branch, target, false);
      });
  ASSERT_FALSE(guards);
  EXPECT_EQ(guards.error().code, std::errc::bad_message) << guards.error().message();
  EXPECT_FALSE(is_gone());
}

TEST_P(SamplerTest, TakesNoLimitOfThePayloadThatCannotBeUnderstoodForNone) {
  tree.add(path);
  tree.add(path + "/container");
  tree.write(path + "/container", files().limit, "nonsense\n");
  const auto sample = usage();
  ASSERT_FALSE(sample);
  EXPECT_EQ(sample.error().code, std::errc::bad_message) << sample.error().message();
  EXPECT_FALSE(is_gone());
}

/// The number of targets that two scans read, with room for far fewer descriptors than they would like to
/// hold.
int count_readable_with_few_descriptors(int targets) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = 300;
  ::setrlimit(RLIMIT_NOFILE, &files);
  FakeTree tree;
  for (int i = 0; i < targets; ++i) {
    tree.add(i % 5 != 0 ? fmt::format("top/leaf{}", i) : fmt::format("top/{:064x}", i));
  }
  CgroupTree watched{tree.hierarchy(), {{"top"}}};
  Sampler sampler{tree.hierarchy()};
  int readable = 0;
  for (int scan = 0; scan < 2; ++scan) {
    test::refresh(watched);
    watched.for_each_target([&](const Branch& branch, Target& target) {
      const auto usage = sampler.read_usage(branch, target, kNodeTotal, true);
      if (usage && sampler.read_cache(branch, target, kNodeTotal, true, *usage)) ++readable;
      sampler.release(target, true);
    });
  }
  return readable;
}

// In a process of its own: the limit is asked for once and for all.
TEST(SamplerDeathTest, ReadsMoreTargetsThanTheProcessMayHoldDescriptors) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr int kTargets = 500;
  EXPECT_EXIT(
      {
        const int readable = count_readable_with_few_descriptors(kTargets);
        std::fprintf(stderr, "%d readable\n", readable);
        std::_Exit(readable == 2 * kTargets ? 0 : 1);
      },
      testing::ExitedWithCode(0), "1000 readable");
}

}  // namespace
}  // namespace cmm
