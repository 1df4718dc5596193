// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics_listener.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>

namespace cmm {
namespace {

using Tcp = boost::asio::ip::tcp;

class Listener : public testing::Test {
 protected:
  static MetricsSettings at(const std::string& host, std::uint16_t port) {
    return {.listen = host + ":" + std::to_string(port)};
  }
  std::uint16_t free_port() {
    return Tcp::acceptor{io_, Tcp::endpoint{boost::asio::ip::make_address("127.0.0.1"), 0}}
        .local_endpoint()
        .port();
  }
  bool is_listened_at(std::uint16_t port) {
    boost::system::error_code error;
    Tcp::socket{io_}.connect({boost::asio::ip::make_address("127.0.0.1"), port}, error);
    return !error;
  }

  boost::asio::io_context io_;
  MetricsListener listener_{io_, [](std::string_view) { return HttpResponse{}; }};
};

TEST_F(Listener, IsNotInItsOwnWay) {
  const auto port = free_port();
  ASSERT_TRUE(listener_.change(at("127.0.0.1", port)));
  const auto moved = listener_.change(at("0.0.0.0", port));
  EXPECT_TRUE(moved) << moved.error();
  EXPECT_TRUE(is_listened_at(port));
}

// 192.0.2.1 is nobody's (RFC 5737).
TEST_F(Listener, StaysWhereItIsWhenTheNewAddressCannotBeHad) {
  const auto port = free_port();
  ASSERT_TRUE(listener_.change(at("127.0.0.1", port)));
  const auto moved = listener_.change(at("192.0.2.1", port));
  ASSERT_FALSE(moved);
  EXPECT_TRUE(moved.error().starts_with("metrics: cannot listen at 192.0.2.1")) << moved.error();
  EXPECT_TRUE(is_listened_at(port));
}

}  // namespace
}  // namespace cmm
