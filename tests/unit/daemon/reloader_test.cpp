// SPDX-License-Identifier: Apache-2.0
#include "daemon/reloader.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <vector>

namespace cmm {
namespace {

using namespace std::chrono_literals;

class Reloading : public testing::Test {
 protected:
  void wait_for(std::size_t results) {
    while (results_.size() < results) io_.run_one_for(5s);
  }
  void TearDown() override {
    while (reloader_.busy()) io_.run_one_for(5s);
  }
  static Reloader::Result bad(const std::string& why) { return tl::unexpected{why}; }

  std::vector<std::string> results_;  // errors; empty where it went well
  boost::asio::io_context io_;
  // As the daemon's signals do: a thread that is still at it is no work that the io_context knows of.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stay_ = make_work_guard(io_);
  Reloader reloader_{io_, 20ms, [this](const Reloader::Result& result) {
                       results_.push_back(result ? std::string{} : result.error());
                     }};
};

TEST_F(Reloading, TellsWhatCameOfIt) {
  reloader_.begin([] { return Reloader::Result{}; });
  wait_for(1);
  reloader_.begin([] { return bad("no such file"); });
  wait_for(2);
  reloader_.begin([]() -> Reloader::Result { throw std::runtime_error{"out of words"}; });
  wait_for(3);
  EXPECT_EQ(results_, (std::vector<std::string>{"", "no such file", "out of words"}));
}

TEST_F(Reloading, GivesUpWhatHangsAndTakesNothingOfItLater) {
  std::promise<void> go_on;
  reloader_.begin([&] {
    go_on.get_future().wait();
    return Reloader::Result{};
  });
  wait_for(1);
  EXPECT_EQ(results_.front(), "it hangs in the kernel, and was given up");
  EXPECT_TRUE(reloader_.busy());
  reloader_.begin([] { return Reloader::Result{}; });
  wait_for(2);
  EXPECT_EQ(results_.back(), "") << "the next one isn't held by it";
  go_on.set_value();
  while (reloader_.busy()) io_.run_one_for(5s);
  EXPECT_EQ(results_.size(), 2);
}

}  // namespace
}  // namespace cmm
