// SPDX-License-Identifier: Apache-2.0
#include "daemon/served_text.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace cmm {
namespace {

using namespace std::chrono_literals;

class Served : public testing::Test {
 protected:
  void let_time_pass() {
    io_.restart();
    io_.run_for(50ms);
  }

  int made_ = 0;
  boost::asio::io_context io_;
  ServedText text_{io_, 1ms, [this] { return std::to_string(++made_); }};
};

TEST_F(Served, IsMadeOnceForAllWhoComeWithinItsTime) {
  EXPECT_EQ(*text_.get(), "1");
  EXPECT_EQ(*text_.get(), "1");
  let_time_pass();
  EXPECT_EQ(*text_.get(), "2");
}

TEST_F(Served, IsDroppedWhenNobodyAsks) {
  const std::weak_ptr<const std::string> held = text_.get();
  let_time_pass();
  EXPECT_TRUE(held.expired());
}

TEST_F(Served, IsNeverHeldMoreThanTwiceHoweverSlowlyClientsRead) {
  auto first = text_.get();
  let_time_pass();
  const auto second = text_.get();
  EXPECT_EQ(*second, "2");
  let_time_pass();
  EXPECT_EQ(*text_.get(), "2") << "a third, while the first is still read";
  first.reset();
  let_time_pass();
  EXPECT_EQ(*text_.get(), "3");
}

}  // namespace
}  // namespace cmm
