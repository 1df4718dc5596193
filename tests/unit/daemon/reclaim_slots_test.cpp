// SPDX-License-Identifier: Apache-2.0
#include "daemon/reclaim_slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fake_reclaimer.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::FakeReclaimer;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Clock = std::chrono::steady_clock;

class ReclaimSlotsTest : public testing::Test {
 protected:
  void submit(const std::string& path) {
    slots.submit(std::make_shared<const ReclaimJob>(
        ReclaimJob{std::make_shared<const Cgroup>(Cgroup{CgroupId{1}, path, {}}), {}, {}}));
  }

  /// As often as the scheduler does, with a clock that runs fast.
  void look_for(Duration time) {
    now = std::max(now, Clock::now());  // when the last job has started
    for (const auto end = now + time; now < end;) slots.look(now += 250ms);
  }

  template <class Done>
  void run_until(const Done& done) {
    for (const auto give_up = Clock::now() + 20s; !done();) {
      if (Clock::now() > give_up) throw std::runtime_error("it takes too long");
      io.run_for(1ms);
    }
  }

  TimePoint now{};
  std::vector<std::string> ended;
  std::vector<std::string> hung;
  boost::asio::io_context io;
  // Or else running it would not wait for what other threads post.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  FakeReclaimer reclaimer;
  ReclaimSlots slots{
      io,
      &reclaimer,
      2,
      {.ended = [this](const JobRef& job, const ReclaimOutcome&) { ended.push_back(job->cgroup->path); },
       .hangs = [this](const JobRef& job, TimePoint) { hung.push_back(job->cgroup->path); }}};
};

TEST_F(ReclaimSlotsTest, RunJobsAndSayHowTheyEnded) {
  for (const auto* path : {"a", "b", "c", "d"}) submit(path);
  run_until([&] { return slots.idle(); });
  EXPECT_THAT(ended, UnorderedElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(hung, IsEmpty());
}

TEST_F(ReclaimSlotsTest, GoToOthersWhileAReclaimHangs) {
  reclaimer.hang("a");
  reclaimer.hang("b");
  for (const auto* path : {"a", "b", "c"}) submit(path);
  look_for(2s);
  EXPECT_THAT(hung, IsEmpty()) << "they are within their time budget and a second";
  look_for(1s);
  EXPECT_THAT(hung, ElementsAre("a", "b"));
  run_until([&] { return ended.size() == 1; });
  EXPECT_THAT(ended, ElementsAre("c"));

  reclaimer.release("a");
  reclaimer.release("b");
  run_until([&] { return slots.idle(); });
  EXPECT_THAT(ended, UnorderedElementsAre("a", "b", "c"));
}

TEST_F(ReclaimSlotsTest, GetOnUntilAllThatIsLeftHangs) {
  EXPECT_FALSE(slots.gets_on());
  reclaimer.hang("a");
  reclaimer.hang("b");
  for (const auto* path : {"a", "b", "c"}) submit(path);
  EXPECT_TRUE(slots.gets_on());
  look_for(3s);
  run_until([&] { return ended.size() == 1; });
  EXPECT_THAT(ended, ElementsAre("c"));
  EXPECT_FALSE(slots.gets_on());
  EXPECT_FALSE(slots.idle());
  reclaimer.release("a");
  reclaimer.release("b");
  run_until([&] { return slots.idle(); });
}

TEST_F(ReclaimSlotsTest, ComeBackWithTheKernel) {
  reclaimer.hang("a");
  submit("a");
  look_for(3s);
  reclaimer.release("a");
  run_until([&] { return slots.idle(); });
  reclaimer.hang("b");
  reclaimer.hang("c");
  for (const auto* path : {"b", "c", "d"}) submit(path);
  io.run_for(20ms);
  EXPECT_THAT(ended, ElementsAre("a")) << "two at a time, as before: d waits";
  EXPECT_EQ(slots.unfinished().size(), 3U);
  reclaimer.release("b");
  reclaimer.release("c");
  run_until([&] { return slots.idle(); });
}

TEST_F(ReclaimSlotsTest, TakeAStandstillOfTheWholeProcessForNoHang) {
  reclaimer.hang("a");
  submit("a");
  look_for(1s);
  slots.look(now += 1h);
  EXPECT_THAT(hung, IsEmpty());
  look_for(1s);
  EXPECT_THAT(hung, IsEmpty()) << "it has the rest of its time";
  look_for(2s);
  EXPECT_THAT(hung, ElementsAre("a"));
  reclaimer.release("a");
  run_until([&] { return slots.idle(); });
}

TEST_F(ReclaimSlotsTest, StartNothingThatIsSubmittedAfterTheStop) {
  slots.stop();
  submit("a");
  EXPECT_TRUE(slots.idle());
  EXPECT_THAT(reclaimer.begun(), IsEmpty());
}

TEST_F(ReclaimSlotsTest, StartNothingMoreWhenStopped) {
  reclaimer.hang("a");
  reclaimer.hang("b");
  for (const auto* path : {"a", "b", "c"}) submit(path);
  slots.stop();
  EXPECT_EQ(slots.unfinished().size(), 2U);
  reclaimer.release("a");
  reclaimer.release("b");
  run_until([&] { return slots.idle(); });
  EXPECT_THAT(ended, UnorderedElementsAre("a", "b"));
}

}  // namespace
}  // namespace cmm
