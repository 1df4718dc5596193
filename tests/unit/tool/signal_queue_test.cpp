// SPDX-License-Identifier: Apache-2.0
#include "tool/signal_queue.hpp"

#include <gtest/gtest.h>

namespace cmm::tool {
namespace {

using namespace std::chrono_literals;

TEST(Signal, AsksToEndWhereItsDefaultIsThat) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGXCPU, SIGIO, 40}) {
    EXPECT_TRUE(asks_to_end(signal)) << signal;
  }
  for (const int signal : {SIGCHLD, SIGCONT, SIGWINCH, SIGURG, SIGTSTP, SIGTTOU}) {
    EXPECT_FALSE(asks_to_end(signal)) << signal;
  }
}

TEST(Signal, HasANameOrANumber) {
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_EQ(signal_name(40), "signal 40");
}

TEST(SignalQueue, HoldsWhatWouldEndTheProgram) {
  const SignalQueue signals;
  for (const int signal : {SIGALRM, SIGXFSZ, SIGRTMAX}) {
    ::raise(signal);
    const auto taken = signals.wait(0ms);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->si_signo, signal);
  }
  EXPECT_FALSE(signals.wait(0ms));
}

TEST(SignalQueue, DropsAtItsEndWhatWasNotTaken) {
  {
    const SignalQueue signals;
    ::raise(SIGPIPE);
    ::raise(SIGTERM);
  }
  SUCCEED() << "or the test would have been ended";
}

}  // namespace
}  // namespace cmm::tool
