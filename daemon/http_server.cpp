// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace cmm {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using AnyStream = asio::generic::stream_protocol;

constexpr unsigned kMostConnections = 128;
constexpr std::uint32_t kLongestRequest = 8 * 1024;
// For a request to arrive, also on a connection that is kept, and for an answer to be taken.
constexpr auto kPatience = std::chrono::seconds{5};
// Where no descriptor is left, trying again at once would only spin.
constexpr auto kAcceptPause = std::chrono::milliseconds{200};

}  // namespace

/// What the connections share with the server; they may outlive it by a callback.
struct HttpShared {
  HttpServer::Handler handler;
  unsigned connections = 0;
};

/// One address that is listened at.
class HttpDoor {
 public:
  HttpDoor() = default;
  HttpDoor(const HttpDoor&) = delete;
  HttpDoor& operator=(const HttpDoor&) = delete;
  virtual ~HttpDoor() = default;
  virtual void close() = 0;
};

namespace {

/// One connection. Keeps itself alive through its pending operation.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(AnyStream::socket socket, HttpServer::Handler& handler, std::shared_ptr<void> ticket)
      : stream_(std::move(socket)), handler_(handler), ticket_(std::move(ticket)) {}

  void read() {
    parser_.emplace();
    parser_->header_limit(kLongestRequest);
    parser_->body_limit(0);
    stream_.expires_after(kPatience);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

 private:
  using Response = http::response<http::span_body<const char>>;

  void on_read(error_code error) {
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
    const auto path = target.substr(0, target.find('?'));
    write(known ? handler_(path) : HttpResponse{.status = 405}, request.keep_alive());
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
    response_.keep_alive(keep_alive);
    response_.content_length(body_->size());
    const bool with_body = parser_->get().method() != http::verb::head;
    if (with_body) response_.body() = {body_->data(), body_->size()};
    serializer_.emplace(response_);
    serializer_->split(!with_body);
    stream_.expires_after(kPatience);
    const auto done = [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
      if (!error && keep_alive) self->read();
    };
    if (with_body) {
      http::async_write(stream_, *serializer_, done);
    } else {
      http::async_write_header(stream_, *serializer_, done);
    }
  }

  static boost::string_view as_beast(std::string_view text) { return {text.data(), text.size()}; }

  beast::basic_stream<AnyStream> stream_;
  HttpServer::Handler& handler_;
  std::shared_ptr<void> ticket_;
  beast::flat_buffer buffer_{kLongestRequest};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
  std::shared_ptr<const std::string> body_;
  std::optional<http::response_serializer<http::span_body<const char>>> serializer_;
};

template <class Protocol>
class Acceptor : public HttpDoor, public std::enable_shared_from_this<Acceptor<Protocol>> {
 public:
  Acceptor(asio::io_context& io, std::shared_ptr<HttpShared> shared, std::string path)
      : acceptor_(io), pause_(io), shared_(std::move(shared)), path_(std::move(path)) {}

  error_code open(const typename Protocol::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error && path_.empty()) acceptor_.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) acceptor_.bind(endpoint, error);
    // The daemon says what runs on the node: that isn't for everybody.
    if (!error && !path_.empty()) ::chmod(path_.c_str(), S_IRUSR | S_IWUSR);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) accept();
    return error;
  }
  [[nodiscard]] typename Protocol::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    if (!path_.empty()) ::unlink(path_.c_str());
  }

 private:
  void accept() {
    acceptor_.async_accept(
        [self = this->shared_from_this()](error_code error, typename Protocol::socket socket) {
          if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
          if (error) return self->wait();
          self->welcome(std::move(socket));
          self->accept();
        });
  }

  void wait() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = this->shared_from_this()](error_code error) {
      if (!error) self->accept();
    });
  }

  // Who comes when it is full is sent away by the socket's destructor.
  void welcome(typename Protocol::socket socket) {
    if (shared_->connections >= kMostConnections) return;
    ++shared_->connections;
    std::shared_ptr<void> ticket{nullptr, [shared = shared_](void*) { --shared->connections; }};
    std::make_shared<Connection>(AnyStream::socket{std::move(socket)}, shared_->handler, std::move(ticket))
        ->read();
  }

  typename Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  std::shared_ptr<HttpShared> shared_;
  std::string path_;
};

bool is_answered(asio::io_context& io, const std::string& path) {
  asio::local::stream_protocol::socket socket{io};
  error_code error;
  socket.connect({path}, error);
  return !error;
}

}  // namespace

HttpServer::HttpServer(asio::io_context& io, Handler handler)
    : shared_(std::make_shared<HttpShared>(HttpShared{std::move(handler), 0})), io_(io) {}

HttpServer::~HttpServer() { close(); }

tl::expected<std::string, std::string> HttpServer::listen(const ListenAddress& address) {
  using Tcp = asio::ip::tcp;
  using Local = asio::local::stream_protocol;
  if (!address.path.empty()) {
    if (is_answered(io_, address.path)) {
      return tl::unexpected{fmt::format("cannot listen at {}: another process does", address.path)};
    }
    ::unlink(address.path.c_str());  // what a killed one left behind
    const auto door = std::make_shared<Acceptor<Local>>(io_, shared_, address.path);
    if (const auto error = door->open(Local::endpoint{address.path})) {
      return tl::unexpected{fmt::format("cannot listen at {}: {}", address.path, error.message())};
    }
    doors_.push_back(door);
    return address.path;
  }
  const auto host = asio::ip::make_address(address.host);
  const auto door = std::make_shared<Acceptor<Tcp>>(io_, shared_, std::string{});
  if (const auto error = door->open(Tcp::endpoint{host, address.port})) {
    return tl::unexpected{
        fmt::format("cannot listen at {} port {}: {}", address.host, address.port, error.message())};
  }
  doors_.push_back(door);
  return host.is_v6() ? fmt::format("[{}]:{}", address.host, door->endpoint().port())
                      : fmt::format("{}:{}", address.host, door->endpoint().port());
}

void HttpServer::close() {
  for (const auto& door : doors_) door->close();
  doors_.clear();
}

}  // namespace cmm
