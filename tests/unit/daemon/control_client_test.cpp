// SPDX-License-Identifier: Apache-2.0
#include "daemon/control_client.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "support/as_nobody.hpp"

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

/// What comes of asking somebody who answers with these bytes and hangs up.
std::string asked(const std::string& path, const std::string& bytes) {
  boost::asio::io_context io;
  Local::acceptor listener{io, Local::endpoint{path}};
  std::thread other{[&] {
    auto client = listener.accept();
    std::array<char, 1024> request{};
    client.read_some(boost::asio::buffer(request));
    boost::system::error_code ignored;
    boost::asio::write(client, boost::asio::buffer(bytes), ignored);
  }};
  const auto answer = ask_daemon(path, "/", 10s);
  other.join();
  std::filesystem::remove(path);
  return answer ? "an answer: " + *answer : answer.error();
}

TEST_F(Asking, SomebodyWhoAnswersWithNoHttpSaysSo) {
  const std::string whole{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{  }"};
  EXPECT_EQ(asked(path_, whole), "an answer: {  }");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(asked(path_, whole.substr(0, size)).starts_with("cannot ask the daemon at " + path_)) << size;
  }
  for (const auto& bytes : {std::string{"junk"}, std::string(1'000'000, 'a'),
                            "HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'a'),
                            std::string{"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n"},
                            std::string{"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"},
                            std::string{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"}}) {
    EXPECT_TRUE(asked(path_, bytes).starts_with("cannot ask the daemon at " + path_)) << bytes.substr(0, 80);
  }
  EXPECT_EQ(asked(path_, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
            "the daemon at " + path_ + " answered with HTTP status 503");
}

TEST_F(Asking, WithoutPermissionSaysSo) {
  boost::asio::io_context io;
  const Local::acceptor closed{io, Local::endpoint{path_}};
  std::filesystem::permissions(path_, std::filesystem::perms::none);
  const test::AsNobody nobody;
  if (!nobody) GTEST_SKIP() << "root may ask whomever it likes";
  EXPECT_EQ(error(), "may not ask the daemon at " + path_ + " (permission denied)");
}

}  // namespace
}  // namespace cmm
