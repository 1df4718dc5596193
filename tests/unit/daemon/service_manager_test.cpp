// SPDX-License-Identifier: Apache-2.0
#include "daemon/service_manager.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "support/notify_listener.hpp"

namespace cmm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Notify : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_ = testing::TempDir() + "/cmm-notify-" + std::to_string(::getpid());
  test::NotifyListener systemd_{path_};
  boost::asio::io_context io_;
  ServiceManager manager_{io_};
};

TEST_F(Notify, AReloadBeforeItIsReadyDoesNotMakeItReady) {
  manager_.reloading();
  manager_.reloaded();
  EXPECT_EQ(systemd_.heard(), "");
  manager_.ready();
  EXPECT_EQ(systemd_.heard(), "READY=1\n");
}

TEST_F(Notify, AStatusIsOneAssignmentWhateverIsInIt) {
  manager_.status("watching a\nMAINPID=1");
  EXPECT_EQ(systemd_.heard(), "STATUS=watching a MAINPID=1\n");
}

TEST_F(Notify, AReloadEndsWithReady) {
  manager_.ready();
  systemd_.forget();
  manager_.reloading();
  EXPECT_THAT(systemd_.heard(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_THAT(systemd_.heard(), Not(HasSubstr("READY=1")));
  manager_.reloaded();
  EXPECT_THAT(systemd_.heard(), HasSubstr("READY=1\n"));
}

// A process that was stopped finds all its timers due at once.
TEST_F(Notify, TheWatchdogIsFedAfterAStandstillAsWhatWasDueMeanwhileComesFirst) {
  using namespace std::chrono_literals;
  ::setenv("WATCHDOG_USEC", "20000", 1);
  ServiceManager manager{io_};
  bool overdue = true;
  manager.feed_watchdog([&] { return !overdue; });
  boost::asio::steady_timer scan{io_, 15ms};
  scan.async_wait([&](boost::system::error_code) {
    overdue = false;
    io_.stop();
  });
  std::this_thread::sleep_for(20ms);
  io_.run();
  io_.restart();
  io_.poll();
  EXPECT_THAT(systemd_.heard(), HasSubstr("WATCHDOG=1"));
}

}  // namespace
}  // namespace cmm
