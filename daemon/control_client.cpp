// SPDX-License-Identifier: Apache-2.0
#include "daemon/control_client.hpp"

#include <fmt/format.h>

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
#include <optional>
#include <utility>

#include "daemon/describe.hpp"

namespace cmm {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Socket = asio::local::stream_protocol::socket;

// 100,000 cgroups with their traces.
constexpr std::uint64_t kLargestAnswer = std::uint64_t{256} << 20U;

tl::unexpected<std::string> unreached(const std::string& at, const error_code& error) {
  if (error == boost::system::errc::permission_denied) {
    return tl::unexpected{fmt::format("may not ask the daemon at {} (permission denied)", at)};
  }
  if (error == boost::system::errc::no_such_file_or_directory ||
      error == boost::system::errc::connection_refused) {
    return tl::unexpected{fmt::format("no daemon answers at {}", at)};
  }
  return tl::unexpected{fmt::format("cannot ask the daemon at {} ({})", at, error.message())};
}

using Answer = http::response_parser<http::string_body>;

/// What stood in the way of the answer; nothing where it was still to come.
std::optional<error_code> exchange(asio::io_context& io, Socket& socket, const std::string& path,
                                   Duration patience, Answer& answer) {
  http::request<http::empty_body> request{http::verb::get, path, 11};
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  boost::beast::flat_buffer buffer;
  std::optional<error_code> ended;
  http::async_write(socket, request, [&](error_code failed, std::size_t) {
    if (failed) return void(ended = failed);
    http::async_read(socket, buffer, answer, [&](error_code error, std::size_t) { ended = error; });
  });
  io.run_for(patience);
  return ended;
}

}  // namespace

tl::expected<std::string, std::string> ask_daemon(const std::string& socket_path, const std::string& path,
                                                  Duration patience) {
  asio::io_context io;
  Socket socket{io};
  error_code error;
  socket.connect({socket_path}, error);
  if (error) return unreached(socket_path, error);

  Answer answer;
  answer.body_limit(kLargestAnswer);
  const auto ended = exchange(io, socket, path, patience, answer);
  if (!ended) {
    return tl::unexpected{
        fmt::format("the daemon at {} didn't answer within {}", socket_path, describe(patience))};
  }
  if (*ended) return unreached(socket_path, *ended);
  if (answer.get().result() != http::status::ok) {
    return tl::unexpected{
        fmt::format("the daemon at {} answered with HTTP status {}", socket_path, answer.get().result_int())};
  }
  return std::move(answer.get().body());
}

}  // namespace cmm
