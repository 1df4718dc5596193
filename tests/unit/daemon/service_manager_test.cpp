// SPDX-License-Identifier: Apache-2.0
#include "daemon/service_manager.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

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

TEST_F(Notify, AReloadEndsWithReady) {
  manager_.ready();
  systemd_.forget();
  manager_.reloading();
  EXPECT_THAT(systemd_.heard(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_THAT(systemd_.heard(), Not(HasSubstr("READY=1")));
  manager_.reloaded();
  EXPECT_THAT(systemd_.heard(), HasSubstr("READY=1\n"));
}

}  // namespace
}  // namespace cmm
