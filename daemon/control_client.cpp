// SPDX-License-Identifier: Apache-2.0
#include "daemon/control_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <utility>

namespace cmm {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kPatience = std::chrono::seconds{3};
// 100,000 cgroups with their traces.
constexpr std::uint64_t kLargestAnswer = std::uint64_t{256} << 20U;

}  // namespace

std::optional<std::string> ask_daemon(const std::string& socket_path, const std::string& path) {
  asio::io_context io;
  asio::local::stream_protocol::socket socket{io};
  error_code error;
  socket.connect({socket_path}, error);
  if (error) return std::nullopt;

  http::request<http::empty_body> request{http::verb::get, path, 11};
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(kLargestAnswer);
  bool complete = false;
  http::async_write(socket, request, [&](error_code failed, std::size_t) {
    if (failed) return;
    http::async_read(socket, buffer, answer,
                     [&](error_code cut_short, std::size_t) { complete = !cut_short; });
  });
  io.run_for(kPatience);
  if (!complete || answer.get().result() != http::status::ok) return std::nullopt;
  return std::move(answer.get().body());
}

}  // namespace cmm
