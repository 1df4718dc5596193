// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "base/unique_fd.hpp"
#include "kernel/kernel_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// In systemd's place: receives what services tell, as sd_notify(3) has it.
class Listener {
 public:
  explicit Listener(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error{"cannot listen at " + path};
    }
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC"}) ::unsetenv(name);
  }

  /// All that was told so far, one message a line.
  const std::string& heard() {
    std::array<char, 4096> message{};
    while (true) {
      const auto size = ::recv(socket_.get(), message.data(), message.size(), MSG_DONTWAIT);
      if (size < 0) return heard_;
      heard_.append(message.data(), static_cast<std::size_t>(size)) += '\n';
    }
  }
  bool hears(std::string_view text) {
    return eventually([&] { return heard().find(text) != std::string::npos; });
  }
  void forget() {
    heard();
    heard_.clear();
  }

 private:
  UniqueFd socket_;
  std::string heard_;
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
