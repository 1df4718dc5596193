// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

namespace cmm {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Local = boost::asio::local::stream_protocol;

class HttpServerAtASocket : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(place_); }
  void TearDown() override { fs::remove_all(place_); }

  [[nodiscard]] ListenAddress address() const { return {.path = path(), .host = {}, .port = 0}; }
  [[nodiscard]] std::string path() const { return place_ / "socket"; }
  void expect_refused(const std::string& why) {
    const auto listening = server_.listen(address());
    ASSERT_FALSE(listening);
    EXPECT_EQ(listening.error(), "cannot listen at " + path() + ": " + why);
  }

  fs::path place_ = testing::TempDir() + "/cmm-http-" + std::to_string(::getpid());
  boost::asio::io_context io_;
  HttpServer server_{io_, [](std::string_view) { return HttpResponse{}; }};
};

TEST_F(HttpServerAtASocket, LeavesAFileThatIsNoSocket) {
  std::ofstream{path()} << "precious";
  expect_refused("there is a file that is no socket");
  EXPECT_EQ(fs::file_size(path()), 8);
  server_.close();
  EXPECT_TRUE(fs::exists(path()));
}

TEST_F(HttpServerAtASocket, FollowsNoLink) {
  { const Local::acceptor stale{io_, Local::endpoint{place_ / "elsewhere"}}; }
  fs::create_symlink(place_ / "elsewhere", path());
  expect_refused("there is a file that is no socket");
  EXPECT_TRUE(fs::exists(place_ / "elsewhere"));
}

TEST_F(HttpServerAtASocket, LeavesAnotherListenerItsPlace) {
  const Local::acceptor other{io_, Local::endpoint{path()}};
  expect_refused("another process does");
  EXPECT_TRUE(fs::exists(path()));
}

TEST_F(HttpServerAtASocket, TakesThePlaceOfOneThatWasKilled) {
  { const Local::acceptor killed{io_, Local::endpoint{path()}}; }
  ASSERT_TRUE(fs::exists(path()));
  EXPECT_EQ(server_.listen(address()).value_or("refused"), path());
  server_.close();
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(HttpServerAtASocket, RemovesNothingThatHasTakenItsName) {
  ASSERT_TRUE(server_.listen(address()));
  fs::remove(path());
  std::ofstream{path()} << "somebody else's";
  server_.close();
  EXPECT_TRUE(fs::exists(path()));
}

TEST_F(HttpServerAtASocket, SendsClientsAwayThatWaitWhenItCloses) {
  ASSERT_TRUE(server_.listen(address()));
  Local::socket client{io_};
  client.connect({path()});
  client.write_some(boost::asio::buffer(std::string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}));
  std::array<char, 4096> answer{};
  client.async_read_some(boost::asio::buffer(answer), [&](auto error, auto) {
    EXPECT_FALSE(error);
    io_.stop();
  });
  io_.run_for(1s);
  io_.restart();
  io_.poll();

  boost::system::error_code ended;
  client.async_read_some(boost::asio::buffer(answer), [&](auto error, auto) { ended = error; });
  server_.close();
  io_.run_for(1s);
  EXPECT_EQ(ended, boost::asio::error::eof);
}

}  // namespace
}  // namespace cmm
