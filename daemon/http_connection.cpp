// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_connection.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace cmm {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using AnyStream = asio::generic::stream_protocol;

constexpr std::uint32_t kLongestRequest = 8 * 1024;
// For a request to arrive, also on a connection that is kept, and for an answer to be taken.
constexpr auto kClientPatience = std::chrono::seconds{5};
// What the kernel holds for a client that reads slowly; by default that grows to megabytes.
constexpr int kSendBuffer = 64 * 1024;

/// "host:9753", "[::1]:9753" → "host", "::1".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    host.remove_prefix(1);
    return host.substr(0, host.find(']'));
  }
  return host.substr(0, host.rfind(':'));
}

}  // namespace

bool is_host_of(HttpHosts hosts, std::string_view host) {
  if (hosts == HttpHosts::any || host.empty()) return true;
  const std::string name{without_port(host)};
  error_code no_address;
  asio::ip::make_address(name, no_address);
  return !no_address || boost::algorithm::iequals(name, "localhost");
}

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(AnyStream::socket socket, std::shared_ptr<HttpShared> shared, HttpHosts hosts)
      : stream_(std::move(socket)), shared_(std::move(shared)), hosts_(hosts) {
    shared_->connections.insert(this);
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection() { shared_->connections.erase(this); }

  void read() {
    is_reading_ = true;
    parser_.emplace();
    parser_->header_limit(kLongestRequest);
    parser_->body_limit(0);
    stream_.expires_after(kClientPatience);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

  /// An answer that is on its way is the last one.
  void end() {
    if (is_reading_) stream_.close();
  }

 private:
  using Response = http::response<http::span_body<const char>>;

  void on_read(error_code error) {
    is_reading_ = false;
    if (error == http::error::header_limit || error == http::error::body_limit) {
      return write({.status = 413}, false);
    }
    // What is no HTTP gets no answer; the parser's own errors have a category of their own.
    if (error && error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream) {
      return write({.status = 400}, false);
    }
    if (error) return;
    answer();
  }

  void answer() {
    const auto& request = parser_->get();
    const std::string_view target{request.target().data(), request.target().size()};
    const bool known = request.method() == http::verb::get || request.method() == http::verb::head;
    const auto host = request[http::field::host];
    if (!is_host_of(hosts_, {host.data(), host.size()})) {
      static const auto kWhy = std::make_shared<const std::string>("ask for an address or for localhost\n");
      return write({.status = 421, .body = kWhy}, false);
    }
    const auto path = target.substr(0, target.find('?'));
    write(known ? shared_->handler(path) : HttpResponse{.status = 405}, request.keep_alive());
  }

  void write(HttpResponse response, bool keep_alive) {
    body_ = std::move(response.body);
    response_ = Response{http::int_to_status(response.status), 11};
    response_.set(http::field::content_type, as_beast(response.content_type));
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    if (response.status == 405) response_.set(http::field::allow, "GET, HEAD");
    if (!response.content_security_policy.empty()) {
      response_.set("Content-Security-Policy", as_beast(response.content_security_policy));
    }
    response_.keep_alive(keep_alive && !shared_->closed);
    response_.content_length(body_->size());
    const bool with_body = parser_->get().method() != http::verb::head;
    if (with_body) response_.body() = {body_->data(), body_->size()};
    serializer_.emplace(response_);
    serializer_->split(!with_body);
    stream_.expires_after(kClientPatience);
    const auto done = [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
      self->body_.reset();
      if (!error && keep_alive && !self->shared_->closed) self->read();
    };
    if (with_body) {
      http::async_write(stream_, *serializer_, done);
    } else {
      http::async_write_header(stream_, *serializer_, done);
    }
  }

  static boost::string_view as_beast(std::string_view text) { return {text.data(), text.size()}; }

  beast::basic_stream<AnyStream> stream_;
  std::shared_ptr<HttpShared> shared_;
  HttpHosts hosts_;
  bool is_reading_ = false;
  beast::flat_buffer buffer_{kLongestRequest};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
  std::shared_ptr<const std::string> body_;
  std::optional<http::response_serializer<http::span_body<const char>>> serializer_;
};

void serve_http(AnyStream::socket socket, std::shared_ptr<HttpShared> shared, HttpHosts hosts) {
  error_code ignored;
  socket.set_option(asio::socket_base::send_buffer_size{kSendBuffer}, ignored);
  std::make_shared<HttpConnection>(std::move(socket), std::move(shared), hosts)->read();
}

void end_connections(HttpShared& shared) {
  shared.closed = true;
  for (auto* connection : shared.connections) connection->end();
}

}  // namespace cmm
