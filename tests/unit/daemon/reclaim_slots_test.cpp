// SPDX-License-Identifier: Apache-2.0
#include "daemon/reclaim_slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Clock = std::chrono::steady_clock;

/// Comes back at once, except from the cgroups that hang.
class FakeReclaimer final : public Reclaimer {
 public:
  ReclaimOutcome reclaim(const ReclaimJob& job, std::stop_token /*stop*/) override {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !hanging_.contains(job.cgroup->path); });
    ReclaimOutcome outcome;
    outcome.end = ReclaimEnd::target_reached;
    return outcome;
  }

  void hang(const std::string& path) {
    const std::lock_guard lock{mutex_};
    hanging_.insert(path);
  }
  void release(const std::string& path) {
    const std::lock_guard lock{mutex_};
    hanging_.erase(path);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> hanging_;
};

class ReclaimSlotsTest : public testing::Test {
 protected:
  void submit(const std::string& path) {
    slots.submit(std::make_shared<const ReclaimJob>(
        ReclaimJob{std::make_shared<const Cgroup>(Cgroup{CgroupId{1}, path, {}}), {}, {}}));
  }

  template <class Done>
  void run_until(const Done& done) {
    for (const auto give_up = Clock::now() + 20s; !done();) {
      if (Clock::now() > give_up) throw std::runtime_error("it takes too long");
      io.run_for(1ms);
    }
  }

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
  slots.look(Clock::now() + 2s);
  EXPECT_THAT(hung, IsEmpty()) << "they are within their time budget and a second";
  slots.look(Clock::now() + 4s);
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
  slots.look(Clock::now() + 4s);
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
  slots.look(Clock::now() + 4s);
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
