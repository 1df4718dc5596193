// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdlib>

#include "support/kernel_test.hpp"
#include "support/notify_listener.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Listener : public NotifyListener {
 public:
  using NotifyListener::NotifyListener;
  bool hears(std::string_view text) {
    return eventually([&] { return heard().find(text) != std::string::npos; });
  }
};

class ServiceManager : public KernelTest {
 protected:
  DataDirectory place_;
  Listener& listener() {
    if (!listener_) listener_ = std::make_unique<Listener>(place_.path() + "/notify");
    return *listener_;
  }

 private:
  std::unique_ptr<Listener> listener_;
};

TEST_F(ServiceManager, IsToldThatItIsReadyHowItIsAndThatItStops) {
  const auto app = make("app");
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  auto& systemd = listener();
  auto daemon = watch({"--threshold", "64MiB", "--interval", "200ms"});
  EXPECT_TRUE(systemd.hears("READY=1")) << systemd.heard();
  EXPECT_TRUE(systemd.hears("STATUS=watching 1 cgroup below " + top().path())) << systemd.heard();
  EXPECT_TRUE(systemd.hears(" in 1 reclaim\n")) << systemd.heard();
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
  EXPECT_TRUE(systemd.hears("STOPPING=1")) << systemd.heard();
}

TEST_F(ServiceManager, IsToldOfAReloadAndOfOneThatFailed) {
  make("app");
  auto& systemd = listener();
  auto daemon = watch({"--config", config("threshold: 64MiB\n")});
  ASSERT_TRUE(systemd.hears("READY=1")) << systemd.heard();
  systemd.forget();
  static_cast<void>(config("threshold: lots\n"));
  daemon.send_signal(SIGHUP);
  EXPECT_TRUE(systemd.hears("RELOADING=1\nMONOTONIC_USEC=")) << systemd.heard();
  EXPECT_TRUE(systemd.hears("last reload failed: ")) << systemd.heard();
  EXPECT_TRUE(systemd.hears("READY=1")) << systemd.heard();
}

TEST_F(ServiceManager, IsFedWhileScansGetOn) {
  make("app");
  ::setenv("WATCHDOG_USEC", "200000", 1);
  auto& systemd = listener();
  auto daemon = watch({"--interval", "24h"});
  ASSERT_TRUE(systemd.hears("READY=1")) << systemd.heard();
  EXPECT_TRUE(systemd.hears("WATCHDOG=1")) << systemd.heard();
  systemd.forget();
  EXPECT_TRUE(systemd.hears("WATCHDOG=1")) << "again, although no scan was due: " << systemd.heard();
}

}  // namespace
}  // namespace cmm::test
