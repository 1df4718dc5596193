// SPDX-License-Identifier: Apache-2.0
#include "daemon/control_client.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <filesystem>

namespace cmm {
namespace {

using namespace std::chrono_literals;
using Local = boost::asio::local::stream_protocol;

class Asking : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }
  [[nodiscard]] std::string error() const {
    const auto answer = ask_daemon(path_, "/", 1ms);
    return answer ? "an answer" : answer.error();
  }
  std::string path_ = testing::TempDir() + "/cmm-ask-" + std::to_string(::getpid());
};

TEST_F(Asking, WhereNobodyListensSaysSo) {
  EXPECT_EQ(error(), "no daemon answers at " + path_);
  boost::asio::io_context io;
  { const Local::acceptor killed{io, Local::endpoint{path_}}; }
  EXPECT_EQ(error(), "no daemon answers at " + path_);
}

TEST_F(Asking, ADaemonThatHangsSaysSo) {
  boost::asio::io_context io;
  const Local::acceptor hangs{io, Local::endpoint{path_}};
  EXPECT_EQ(error(), "the daemon at " + path_ + " didn't answer within 1 ms");
}

TEST_F(Asking, WithoutPermissionSaysSo) {
  boost::asio::io_context io;
  const Local::acceptor closed{io, Local::endpoint{path_}};
  std::filesystem::permissions(path_, std::filesystem::perms::none);
  if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "root may ask whomever it likes";
  const auto why = error();
  static_cast<void>(::seteuid(::getuid()));
  EXPECT_EQ(why, "may not ask the daemon at " + path_ + " (permission denied)");
}

}  // namespace
}  // namespace cmm
