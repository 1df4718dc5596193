// SPDX-License-Identifier: Apache-2.0
#include "support/http_exchange.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <utility>

#include "daemon/http_connection.hpp"

namespace cmm::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

/// Cuts a prefix off; false where there is another one.
bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

std::size_t length_of(std::string_view head) {
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const auto at = head.find(kLength);
  std::size_t length = 0;
  if (at != std::string_view::npos) {
    const auto digits = head.substr(at + kLength.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
  }
  return length;
}

}  // namespace

std::optional<std::string> http_exchange(std::string_view sent, HttpServer::Handler handler) {
  asio::io_context io;
  Local::socket client{io};
  Local::socket server{io};
  asio::local::connect_pair(client, server);
  serve_http(asio::generic::stream_protocol::socket{std::move(server)},
             std::make_shared<HttpShared>(HttpShared{.handler = std::move(handler)}), HttpHosts::any);
  asio::async_write(client, asio::buffer(sent.data(), sent.size()), [&](error_code, std::size_t) {
    error_code ignored;
    client.shutdown(asio::socket_base::shutdown_send, ignored);
  });
  std::string received;
  bool ended = false;
  asio::async_read(client, asio::dynamic_buffer(received), [&](error_code, std::size_t) { ended = true; });
  io.run_for(std::chrono::minutes{1});  // a busy machine is slow
  if (!ended) return std::nullopt;
  return received;
}

bool are_http_responses(std::string_view received) {
  constexpr std::array<std::string_view, 5> kStatuses{"200", "400", "404", "405", "413"};
  while (!received.empty()) {
    if (!take(received, "HTTP/1.1 ")) return false;
    if (std::ranges::find(kStatuses, received.substr(0, 3)) == kStatuses.end()) return false;
    const auto end = received.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    const auto length = length_of(received.substr(0, end + 2));
    received.remove_prefix(end + 4);
    // To HEAD only the length is told.
    if (received.empty() || received.starts_with("HTTP/1.1 ")) continue;
    if (received.size() < length) return false;
    received.remove_prefix(length);
  }
  return true;
}

}  // namespace cmm::test
