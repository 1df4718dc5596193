// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <list>
#include <string>

#include "daemon/http_connection.hpp"

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

  /// All that comes until the server closes; nothing where it closes at once.
  std::string answer_to(const std::string& request) {
    io_.restart();
    Local::socket client{io_};
    client.connect({path()});
    // It may close before all of it is sent.
    boost::asio::async_write(client, boost::asio::buffer(request), [](auto, auto) {});
    std::string answer;
    boost::asio::async_read(client, boost::asio::dynamic_buffer(answer), [&](auto, auto) { io_.stop(); });
    io_.run_for(10s);
    return answer;
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

TEST_F(HttpServerAtASocket, DropsWhatItDoesntKnow) {
  ASSERT_TRUE(server_.listen(address()));
  struct Row {
    std::string request;
    int status;
  };
  const std::string end{"\r\nHost: x\r\nConnection: close\r\n\r\n"};
  const Row rows[] = {
      {"GET / HTTP/1.1" + end, 200},
      {"HEAD / HTTP/1.0\r\n\r\n", 200},
      {"POST / HTTP/1.1" + end, 405},
      {"OPTIONS * HTTP/1.1" + end, 405},
      {"CONNECT x:1 HTTP/1.1" + end, 405},
      {"PROPFIND / HTTP/1.1" + end, 405},
      {"BREW / HTTP/1.1" + end, 405},
      {"rubbish\r\n\r\n", 400},
      {"GET / HTTP/9.9" + end, 400},
      {std::string{"GET /\0 HTTP/1.1", 15} + end, 400},
      {"GET /\x1b[2J HTTP/1.1" + end, 400},
      {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 413},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", 413},
      {"GET /" + std::string(20'000, 'a') + " HTTP/1.1" + end, 413},
  };
  for (const auto& row : rows) {
    const auto answer = answer_to(row.request);
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 " + std::to_string(row.status)) << row.request.substr(0, 80);
  }
}

TEST_F(HttpServerAtASocket, NamesNeitherItselfNorWhatItWasAsked) {
  ASSERT_TRUE(server_.listen(address()));
  const auto answer = answer_to("GET /secret HTTP/1.1\r\nHost: named\r\nConnection: close\r\n\r\n");
  for (const auto* word : {"Server:", "secret", "named"})
    EXPECT_EQ(answer.find(word), std::string::npos) << answer;
}

TEST_F(HttpServerAtASocket, ServesSoManyAtATimeAndSendsTheNextAway) {
  ASSERT_TRUE(server_.listen(address()));
  std::list<Local::socket> silent;
  for (int i = 0; i < 128; ++i) silent.emplace_back(io_).connect({path()});
  EXPECT_EQ(answer_to("GET / HTTP/1.0\r\n\r\n"), "");
  silent.pop_back();
  io_.restart();
  io_.poll();
  EXPECT_EQ(answer_to("GET / HTTP/1.0\r\n\r\n").substr(0, 12), "HTTP/1.1 200");
}

// The page of an attacker, at a name of the attacker's that leads to 127.0.0.1, may read what that name
// serves.
TEST(HttpHosts, AtAnAddressOfThisMachineAloneAreAddressesAndLocalhost) {
  for (const auto* host :
       {"", "localhost", "LOCALHOST:9753", "127.0.0.1", "127.0.0.1:9753", "[::1]:9753", "[::1]"}) {
    EXPECT_TRUE(is_host_of(HttpHosts::local, host)) << host;
  }
  for (const auto* host :
       {"evil.example", "evil.example:9753", "localhost.evil.example", "127.0.0.1.evil.example",
        "[evil.example]:9753", "127.0.0.1@evil.example", ":9753"}) {
    EXPECT_FALSE(is_host_of(HttpHosts::local, host)) << host;
    EXPECT_TRUE(is_host_of(HttpHosts::any, host)) << host;
  }
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
