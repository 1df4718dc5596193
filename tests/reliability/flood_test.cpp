// SPDX-License-Identifier: Apache-2.0
// More than there should be: of cgroups, of changes, of what is open.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/unique_fd.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "kubelet/log_links.hpp"
#include "reliability/churn.hpp"
#include "reliability/reliability_test.hpp"
#include "support/private_mounts.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::HasSubstr;

std::string scope(unsigned number) { return fmt::format("cri-containerd-{:064x}.scope", number); }

/// Moves the calling process; async-signal-safe.
bool join(const char* procs) {
  const UniqueFd file{::open(procs, O_WRONLY | O_CLOEXEC)};
  return file && ::write(file.get(), "0", 1) == 1;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>{Clock::now() - start}.count();
}

class Flood : public KernelTest {
 protected:
  /// 16 MiB of cache, of which 10 are to go.
  static std::vector<std::string> options() {
    return {"--threshold", "8MiB", "--target", "6MiB", "--interval", "100ms", "--cooldown", "0"};
  }
  [[nodiscard]] static bool is_at_target(const TestCgroup& cgroup) {
    return cgroup.reclaimable() <= MiB(6) + kSlack;
  }
};

TEST_F(Flood, OfCgroupsThatComeAndGoLeavesEverySurvivorAtItsTarget) {
  constexpr unsigned kSurvivors = 5;
  const auto data = file("data", MiB(16));
  make("pods");
  std::vector<TestCgroup> survivors;
  for (unsigned i = 0; i < kSurvivors; ++i) survivors.push_back(make("pods/" + scope(i)));
  auto daemon = watch(options());
  ASSERT_TRUE(daemon.wait_for_scans(1));

  const auto start = Clock::now();
  const auto length = is_long() ? 300s : 10s;
  std::optional<Churn> churn{std::in_place, make("pods"), 0ms};
  unsigned rounds = 0;
  while (Clock::now() - start < length) {
    const auto& survivor = survivors[rounds++ % kSurvivors];
    fill_clean(survivor, data);
    ASSERT_TRUE(daemon.wait_until([&] { return is_at_target(survivor); }))
        << survivor.path() << " was not kept at its target in round " << rounds;
  }
  const auto rate = static_cast<double>(churn->count()) / seconds_since(start);
  ASSERT_GT(churn->count(), 100) << "nothing came and went";
  churn.reset();
  print_figure("flood of cgroups that come and go",
               fmt::format("{:.0f}/s for {:.0f} s, {} refills of {} survivors all brought to target", rate,
                           seconds_since(start), rounds, kSurvivors));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

// With the memory that systemd's unit and the manifests for Kubernetes allow it.
TEST_F(Flood, OfThousandsOfCgroupsIsWatchedAsOne) {
  const unsigned count = is_long() ? 10'000 : 2'000;
  const auto own = make("daemon");
  own.write(memory_interface(memory_hierarchy().version).limit, std::to_string(MiB(128).count()));
  const auto data = file("data", MiB(16));
  make("pods");
  for (unsigned i = 0; i < count; ++i) {
    ASSERT_EQ(::mkdir((make("pods").absolute() + "/" + scope(i)).c_str(), 0755), 0) << i;
  }
  auto all = options();
  all.insert(all.end(), {"--parent", make("pods").path(), "--budget-cpu", "60s"});
  Daemon daemon{all, runtime_directory(), [procs = own.file("cgroup.procs")] { return join(procs.c_str()); }};
  ASSERT_TRUE(daemon.wait_for_log(fmt::format("scanned targets={}", count))) << end_of(daemon.log());
  for (const unsigned i : {0U, count / 2, count - 1}) {
    const auto app = make("pods/" + scope(i));
    fill_clean(app, data);
    EXPECT_TRUE(daemon.wait_for_reclaim(app)) << i;
    EXPECT_TRUE(daemon.wait_until([&] { return is_at_target(app); })) << i;
  }
  std::ifstream statm{fmt::format("/proc/{}/statm", daemon.pid())};
  std::uint64_t pages = 0;
  statm >> pages >> pages;
  const auto resident = Bytes{pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
  print_figure(fmt::format("{} cgroups", count),
               fmt::format("{} resident, {} charged", human(resident), human(own.usage())));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Flood, OfLinksThatTheQueueOfEventsCannotHoldLosesNoName) {
  std::ifstream setting{"/proc/sys/fs/inotify/max_queued_events"};
  unsigned queued = 0;
  setting >> queued;
  ASSERT_GT(queued, 0);
  const DataDirectory links;
  LogLinks names{links.path()};
  names.refresh();
  const auto id = [](unsigned i) { return fmt::format("{:064x}", i); };
  for (unsigned i = 0; i < queued + 100; ++i) {
    std::ofstream{fmt::format("{}/pod-{}_space_app-{}.log", links.path(), i, id(i))};
  }
  names.refresh();
  EXPECT_FALSE(names.error());
  for (unsigned i = 0; i < queued + 100; ++i) ASSERT_NE(names.find(id(i)), nullptr) << i << " of " << queued;
}

TEST_F(Flood, WithFewDescriptorsReclaimsWhatItCanOpenAndNamesTheRest) {
  constexpr rlim_t kFew = 64;
  constexpr unsigned kPods = 80;
  const auto data = file("data", MiB(16));
  for (unsigned i = 0; i < kPods; ++i) make(fmt::format("pods/pod{}/{}", i, scope(i)));
  for (unsigned i = 0; i < 2 * kPods; ++i) make("flat/" + scope(kPods + i));
  const auto flat = make("flat/" + scope(kPods));
  fill_clean(flat, data);
  auto all = options();
  all.insert(all.end(), {"--parent", make("flat").path(), "--parent", make("pods").path()});
  Daemon daemon{all, runtime_directory(), [] {
                  const rlimit few{kFew, kFew};
                  return ::setrlimit(RLIMIT_NOFILE, &few) == 0;
                }};
  EXPECT_TRUE(daemon.wait_for_log("Too many open files")) << "there are more branches than descriptors";
  EXPECT_TRUE(daemon.wait_for_reclaim(flat)) << end_of(daemon.log());
  unsigned reclaimed = 0;
  for (unsigned i = 0; i < kPods; i += 10) fill_clean(make(fmt::format("pods/pod{}/{}", i, scope(i))), data);
  ASSERT_TRUE(daemon.wait_for_scans(20)) << end_of(daemon.log());
  for (unsigned i = 0; i < kPods; i += 10) {
    reclaimed += is_at_target(make(fmt::format("pods/pod{}/{}", i, scope(i)))) ? 1 : 0;
  }
  EXPECT_GT(reclaimed, 0) << "what could be opened is reclaimed all the same\n" << end_of(daemon.log());
  for (unsigned round = 2; round < 5; ++round) {
    fill_clean(flat, data);
    EXPECT_TRUE(daemon.wait_for_reclaim(flat, round)) << "it stopped\n" << end_of(daemon.log());
  }
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Flood, OfChangesOfTheLimitEndsAtWhatTheLastOneSays) {
  const auto app = make(scope(1));
  auto daemon = watch({"--threshold", "50%", "--target", "25%", "--interval", "100ms", "--cooldown", "0"});
  app.limit_memory(MiB(64));
  const auto until = Clock::now() + (is_long() ? 60s : 5s);
  unsigned changes = 0;
  while (Clock::now() < until) {
    app.limit_memory(changes++ % 2 == 0 ? MiB(256) : MiB(64));
    // Another file each time: from one that is read again the daemon would learn to leave more.
    const auto data = file(fmt::format("data{}", changes), MiB(48));
    run_in(app, [&] { data.read(); });
  }
  app.limit_memory(MiB(64));
  const auto data = file("data", MiB(48));
  fill_clean(app, data);
  EXPECT_TRUE(daemon.wait_until([&] { return app.reclaimable() <= MiB(16) + kSlack; }))
      << human(app.reclaimable()) << "\n"
      << end_of(daemon.log());
  for (const auto& line : daemon.reclaims_of(app)) {
    EXPECT_THAT(line.target, testing::AnyOf(MiB(16), MiB(64))) << "of a limit that was never set";
  }
  print_figure("limit changed under way", fmt::format("{} times", changes));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Flood, OfRefusalsWhereTheHierarchyBecomesReadOnlyEndsWithIt) {
  std::optional<PrivateMounts> mounts;
  try {
    mounts.emplace();
  } catch (const std::system_error& error) {
    mounts.reset();
    FAIL() << environment_name() << ": no mount namespace of its own: " << error.what();
  }
  const auto app = make(scope(1));
  const auto data = file("data", MiB(16));
  // From before on, as nobody gets into a cgroup then.
  std::optional<Tenant> reader{std::in_place, app, [&] {
                                 keep_doing(
                                     [&] {
                                       data.evict();
                                       data.read();
                                     },
                                     100ms);
                               }};
  auto daemon = watch(options());
  ASSERT_TRUE(daemon.wait_for_reclaim(app)) << end_of(daemon.log());
  const auto mount = memory_hierarchy().mount;
  ASSERT_TRUE(eventually([&] {
    try {
      mounts->set_read_only(mount, true);
      return true;
    } catch (const std::system_error&) {
      return false;  // while something is open for writing, as during a reclaim
    }
  }));
  EXPECT_TRUE(daemon.wait_for_log("Read-only file system")) << end_of(daemon.log());
  const auto before = daemon.reclaims_of(app).size();
  ASSERT_TRUE(daemon.wait_for_scans(3)) << end_of(daemon.log());
  mounts->set_read_only(mount, false);
  EXPECT_TRUE(daemon.wait_until([&] {
    const auto reclaims = daemon.reclaims_of(app);
    return reclaims.size() > before && reclaims.back().outcome == "target reached";
  })) << "it doesn't heal\n"
      << end_of(daemon.log());
  reader.reset();
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

}  // namespace
}  // namespace cmm::test
