// SPDX-License-Identifier: Apache-2.0
#include "daemon/scheduler.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/fake_reclaimer.hpp"
#include "support/scan_fixture.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::FakeReclaimer;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Clock = std::chrono::steady_clock;

/// The scheduler with all its threads, over a fake tree and a fake kernel. While it runs, a script looks for
/// what has come to pass and does what is to come next, both on the thread of run().
class SchedulerTest : public test::ScanFixture {
 protected:
  SchedulerTest() {
    setup.policy.cooldown = 0s;
    every(1ms);
  }

  void every(Duration interval) { setup.pace = {.shortest = interval, .longest = interval}; }

  /// From now on a scan waits in this cgroup, each time, until it is let go.
  void hold_scans_at(const std::string& name) {
    add(name);
    make_hang(name);
    held.push_back(name);
  }
  /// Lets them all go, and those that come after.
  void hold_no_more() {
    for (const auto& name : held) writers.emplace_back(::open(path_of(name).c_str(), O_RDWR | O_CLOEXEC));
    held.clear();
  }

  /// Steps of the script, one after the other.
  void when(std::function<bool()> is_so, std::function<void()> then) {
    script.emplace_back(std::move(is_so), std::move(then));
  }
  static void end_it() { std::raise(SIGTERM); }

  Hanging run(bool once = false) {
    told_at = began = Clock::now();
    follow_script();
    auto hanging = scheduler().run(once);
    take_steps();
    EXPECT_THAT(script, IsEmpty()) << "it takes too long, or ended too early";
    return hanging;
  }

  Scheduler& scheduler() {
    if (!made) made = std::make_unique<Scheduler>(io, setup, &reclaimer, events(), vigil);
    return *made;
  }

  [[nodiscard]] std::string last_decision(const std::string& name) const {
    return scans.empty() ? "no scan" : decision(*scans.back(), name);
  }
  [[nodiscard]] auto ended(const std::string& name) const {
    return std::ranges::count(ends, "top/" + name, &Ended::first);
  }

  using Ended = std::pair<std::string, ReclaimEnd>;
  FakeReclaimer reclaimer;
  /// Looks often; the tests are about seconds and have none to spare.
  Vigil vigil{.period = 1ms, .grace = 20s, .now = Clock::now};
  std::function<void()> reload = [] {};

  std::vector<std::shared_ptr<const ScanReport>> scans;
  std::vector<Ended> ends;
  std::vector<std::string> hung;
  std::vector<std::string> scans_hung;
  std::vector<std::pair<Duration, Duration>> overruns;  // took, due after
  bool stopping = false;
  Clock::time_point began{};
  Clock::time_point told_at{};  // the last scan

  boost::asio::io_context io;

 private:
  SchedulerEvents events() {
    return {.scanned =
                [this](const auto& report) {
                  scans.push_back(report);
                  told_at = Clock::now();
                },
            .reclaimed = [this](const auto& job,
                                const auto& outcome) { ends.emplace_back(job.cgroup->path, outcome.end); },
            .overran = [this](Duration took, Duration due) { overruns.emplace_back(took, due); },
            .scan_hangs = [this](const auto& cgroup) { scans_hung.push_back(cgroup.path); },
            .scan_came_back = [](const auto&, Duration) {},
            .reclaim_hangs = [this](const auto& cgroup) { hung.push_back(cgroup.path); },
            .reload_asked = [this] { reload(); },
            .stopping = [this] { stopping = true; }};
  }

  void take_steps() {
    while (!script.empty() && script.front().first()) {
      const auto then = std::move(script.front().second);
      script.pop_front();
      then();
    }
  }

  void follow_script() {
    poll.expires_after(1ms);
    poll.async_wait([this](boost::system::error_code error) {
      if (error) return;
      take_steps();
      if (Clock::now() > began + 20s) return io.stop();
      follow_script();
    });
  }

  std::deque<std::pair<std::function<bool()>, std::function<void()>>> script;
  boost::asio::steady_timer poll{io};
  std::vector<std::string> held;
  std::vector<UniqueFd> writers;
  std::unique_ptr<Scheduler> made;

 protected:
  /// Whatever came of the test, or the threads couldn't be waited for.
  void TearDown() override {
    reclaimer.release_all();
    hold_no_more();
    made.reset();
  }
};

TEST_F(SchedulerTest, ReclaimsSeveralAtATimeWhileScansGoOn) {
  setup.budget.concurrent = 3;
  for (const auto* name : {"a", "b", "c", "d", "e"}) {
    add(name);
    reclaimer.slow_down("top/" + std::string{name});
  }
  std::size_t scans_before = 0;
  when([&] { return reclaimer.running() == 3; }, [&] { scans_before = scans.size(); });
  when([&] { return scans.size() >= scans_before + 20; },
       [&] {
         EXPECT_EQ(last_decision("e"), "in flight");
         reclaimer.release_all();
       });
  when([&] { return ends.size() >= 100 && scans.size() >= scans_before + 100; }, end_it);
  EXPECT_TRUE(run().none());
  EXPECT_EQ(reclaimer.most(), 3U);
  EXPECT_THAT(ends, Each(testing::Pair(testing::_, ReclaimEnd::target_reached)));
  EXPECT_EQ(ends.size(), reclaimer.begun().size()) << "what was begun is told of, once";
  EXPECT_THAT(hung, IsEmpty());
}

TEST_F(SchedulerTest, TellsOfReclaimsThatFailAndGoesOnWithTheOthers) {
  for (const auto* name : {"broken", "gone", "well"}) add(name);
  reclaimer.end_with("top/broken", ReclaimEnd::failed);
  reclaimer.end_with("top/gone", ReclaimEnd::cgroup_gone);
  when([&] { return ended("broken") > 0 && ended("gone") > 2 && ended("well") > 2; }, end_it);
  EXPECT_TRUE(run().none());
  EXPECT_THAT(ends, testing::Contains(Ended{"top/broken", ReclaimEnd::failed}));
  EXPECT_THAT(ends, testing::Contains(Ended{"top/gone", ReclaimEnd::cgroup_gone}));
}

/// With a clock that runs when it is told to; the scans don't, meanwhile.
class AHangingReclaim : public SchedulerTest {
 protected:
  AHangingReclaim() {
    every(1h);
    setup.budget.concurrent = 1;
    add("stuck");
    reclaimer.hang("top/stuck");
    vigil.now = [this] {
      skew_ = fast_ ? skew_ + 250ms : 0ms;
      return Clock::now() + skew_;
    };
    when([&] { return reclaimer.running() == 1; }, [&] { fast_ = true; });
    when([&] { return !hung.empty(); }, [&] { fast_ = false; });
  }

  void scan_again() { scheduler().change(setup); }

 private:
  bool fast_ = false;
  Duration skew_{};
};

TEST_F(AHangingReclaim, LosesItsSlotAndComesBackLate) {
  when([&] { return true; },
       [&] {
         EXPECT_EQ(scheduler().hanging_reclaims(), 1U);
         add("other");
         scan_again();
       });
  when([&] { return ended("other") == 1; }, [&] { scan_again(); });
  when([&] { return ended("other") == 2; },
       [&] {
         EXPECT_EQ(last_decision("stuck"), "stuck");
         EXPECT_EQ(ended("stuck"), 0);
         reclaimer.release_all();
       });
  when([&] { return ended("stuck") == 1; },
       [&] {
         EXPECT_EQ(scheduler().hanging_reclaims(), 0U);
         scan_again();
       });
  when([&] { return ended("stuck") == 2; }, end_it);
  EXPECT_TRUE(run().none());
  EXPECT_THAT(hung, ElementsAre("top/stuck"));
  EXPECT_THAT(scans_hung, IsEmpty());
}

TEST_F(AHangingReclaim, IsNotWaitedForAfterSigterm) {
  vigil.grace = 10ms;
  when([&] { return true; }, end_it);
  const auto hanging = run();
  EXPECT_FALSE(hanging.scan);
  ASSERT_EQ(hanging.reclaims.size(), 1U);
  EXPECT_EQ(hanging.reclaims[0]->path, "top/stuck");
}

TEST_F(AHangingReclaim, ThatComesBackInTimeAfterSigtermIsWaitedFor) {
  when([&] { return true; },
       [&] {
         end_it();
         reclaimer.release_all();
       });
  EXPECT_TRUE(run().none());
  EXPECT_THAT(ends, ElementsAre(Ended{"top/stuck", ReclaimEnd::target_reached}));
}

TEST_F(AHangingReclaim, EndsARunOfOnceWhenTheOthersAreDone) {
  add("other");
  const auto hanging = run(true);
  ASSERT_EQ(hanging.reclaims.size(), 1U);
  EXPECT_EQ(hanging.reclaims[0]->path, "top/stuck");
  EXPECT_THAT(ends, ElementsAre(Ended{"top/other", ReclaimEnd::target_reached}));
}

TEST_F(SchedulerTest, RunsOnceUntilTheReclaimsHaveEnded) {
  add("a");
  add("b");
  EXPECT_TRUE(run(true).none());
  EXPECT_EQ(scans.size(), 1U);
  EXPECT_THAT(ends, UnorderedElementsAre(Ended{"top/a", ReclaimEnd::target_reached},
                                         Ended{"top/b", ReclaimEnd::target_reached}));
}

TEST_F(SchedulerTest, ASigtermStopsAReclaimAndStartsNoneThatWaits) {
  setup.budget.concurrent = 1;
  for (const auto* name : {"a", "b"}) {
    add(name);
    reclaimer.slow_down("top/" + std::string{name});
  }
  when([&] { return reclaimer.running() == 1; }, end_it);
  EXPECT_TRUE(run().none());
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].second, ReclaimEnd::stopped);
}

TEST_F(SchedulerTest, ASigtermDuringAScanStartsNoneOfItsReclaims) {
  vigil.period = 1h;
  add("web");
  hold_scans_at("held");
  when([&] { return true; }, end_it);
  when([&] { return stopping && let_go("held"); }, [] {});
  EXPECT_TRUE(run().none());
  ASSERT_EQ(scans.size(), 1U);
  EXPECT_EQ(last_decision("web"), "request");
  EXPECT_THAT(reclaimer.begun(), IsEmpty());
}

TEST_F(SchedulerTest, AScanThatHangsIsNotWaitedForAfterSigterm) {
  vigil = {.period = 1h, .grace = 10ms, .now = Clock::now};
  hold_scans_at("held");
  when([&] { return scheduler().gets_on(Clock::now()); }, end_it);
  EXPECT_TRUE(run().scan);
}

TEST_F(SchedulerTest, ReloadsWhileItScansAndReclaims) {
  for (const auto* name : {"a", "b", "c"}) add(name);
  reclaimer.slow_down("top/a");
  unsigned reloads = 0;
  reload = [&] {
    setup.budget.concurrent = 1 + ++reloads % 4;
    scheduler().change(setup);
    if (reloads < 50) std::raise(SIGHUP);
  };
  when([&] { return reclaimer.running() > 0; }, [] { std::raise(SIGHUP); });
  when([&] { return reloads == 50; },
       [&] {
         setup.policy.threshold = MiB(500);
         scheduler().change(setup);
       });
  when([&] { return last_decision("b") == "below threshold"; }, [&] { reclaimer.release_all(); });
  when([&] { return last_decision("a") == "below threshold"; }, end_it);
  EXPECT_TRUE(run().none());
  EXPECT_EQ(ends.size(), reclaimer.begun().size());
}

TEST_F(SchedulerTest, AReloadDuringAScanIsFollowedByAnotherScanAtOnce) {
  every(1h);
  vigil.period = 1h;
  hold_scans_at("held");
  add("web");
  setup.policy.threshold = MiB(500);
  when([&] { return true; },
       [&] {
         setup.policy.threshold = MiB(100);
         scheduler().change(setup);
       });
  when([&] { return let_go("held"); }, [] {});
  when([&] { return scans.size() == 1; },
       [&] {
         EXPECT_EQ(last_decision("web"), "below threshold");
         hold_no_more();
       });
  when([&] { return scans.size() == 2; },
       [&] {
         EXPECT_EQ(last_decision("web"), "request");
         end_it();
       });
  EXPECT_TRUE(run().none());
}

// The timer can't take back what is in the queue already: two scans at a time would share an engine.
TEST_F(SchedulerTest, AReloadAtTheMomentOfAScanBeginsOne) {
  every(20ms);
  vigil.period = 1h;
  boost::asio::steady_timer before_the_scan{io};
  when([&] { return scans.size() == 1; },
       [&] {
         hold_scans_at("held");
         before_the_scan.expires_at(scans[0]->at);
         before_the_scan.async_wait([&](boost::system::error_code) {
           every(1h);
           scheduler().change(setup);
         });
         std::this_thread::sleep_until(scans[0]->at + 30ms);
       });
  when([&] { return let_go("held"); }, [] {});
  when([&] { return scans.size() > 1; }, [&] { hold_no_more(); });
  when([&] { return Clock::now() > told_at + 20ms; }, end_it);
  EXPECT_TRUE(run().none());
  EXPECT_EQ(scans.size(), 2U);
}

TEST_F(SchedulerTest, ScansThatTakeTenTimesTheIntervalAreNotStackedAndCooldownsHold) {
  every(2ms);
  setup.policy.cooldown = 1h;
  vigil.period = 1h;
  add("web");
  hold_scans_at("held");
  constexpr std::size_t kScans = 8;
  for (std::size_t told = 0; told < kScans; ++told) {
    when([this, told] { return scans.size() == told && Clock::now() >= told_at + 40ms && let_go("held"); },
         [] {});
  }
  when([&] { return scans.size() == kScans; },
       [&] {
         hold_no_more();
         end_it();
       });
  run();
  ASSERT_GE(overruns.size(), kScans);
  for (std::size_t i = 1; i < kScans; ++i) {
    EXPECT_GE(scans[i]->at, scans[i - 1]->at + overruns[i - 1].first) << "one at a time";
  }
  // On a busy machine one or the other is shorter, as its begin is late.
  EXPECT_GE(std::ranges::max(overruns).first, 10 * 2ms);
  EXPECT_THAT(reclaimer.begun(), ElementsAre("top/web"));
}

TEST_F(SchedulerTest, GetsOnWhileTheNextScanIsNotOverdueAndTheOneThatRunsIsSeenToMove) {
  every(1h);
  vigil.period = 1h;
  hold_scans_at("held");
  when([&] { return true; },
       [&] {
         EXPECT_TRUE(scheduler().gets_on(Clock::now()));
         EXPECT_FALSE(scheduler().gets_on(Clock::now() + 1min)) << "it hangs";
       });
  when([&] { return let_go("held"); }, [] {});
  when([&] { return scans.size() == 1; },
       [&] {
         EXPECT_TRUE(scheduler().gets_on(Clock::now() + 30min)) << "none is due";
         EXPECT_FALSE(scheduler().gets_on(Clock::now() + 2h));
         end_it();
       });
  EXPECT_TRUE(run().none());
}

}  // namespace
}  // namespace cmm
