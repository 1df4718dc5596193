// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "daemon/http_connection.hpp"
#include "daemon/unix_socket.hpp"

namespace cmm {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr unsigned kMostConnections = 128;
// Where no descriptor is left, trying again at once would only spin.
constexpr auto kAcceptPause = std::chrono::milliseconds{200};

}  // namespace

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

template <class Protocol>
class Acceptor : public HttpDoor, public std::enable_shared_from_this<Acceptor<Protocol>> {
 public:
  Acceptor(asio::io_context& io, std::shared_ptr<HttpShared> shared, HttpHosts hosts, std::string path)
      : acceptor_(io), pause_(io), shared_(std::move(shared)), hosts_(hosts), path_(std::move(path)) {}

  error_code open(const typename Protocol::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error && path_.empty()) acceptor_.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error && !path_.empty()) file_ = OwnFile{path_};
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
    file_.remove();
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
    if (shared_->connections.size() >= kMostConnections) return;
    serve_http(asio::generic::stream_protocol::socket{std::move(socket)}, shared_, hosts_);
  }

  typename Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  std::shared_ptr<HttpShared> shared_;
  HttpHosts hosts_;
  std::string path_;
  OwnFile file_;
};

}  // namespace

HttpServer::HttpServer(asio::io_context& io, Handler handler)
    : shared_(std::make_shared<HttpShared>(HttpShared{.handler = std::move(handler)})), io_(io) {}

HttpServer::~HttpServer() { close(); }

tl::expected<std::string, std::string> HttpServer::listen(const ListenAddress& address) {
  using Tcp = asio::ip::tcp;
  using Local = asio::local::stream_protocol;
  shared_->closed = false;
  if (!address.path.empty()) {
    if (const auto obstacle = make_way_for_socket(address.path)) {
      return tl::unexpected{fmt::format("cannot listen at {}: {}", address.path, *obstacle)};
    }
    const auto door = std::make_shared<Acceptor<Local>>(io_, shared_, HttpHosts::any, address.path);
    if (const auto error = door->open(Local::endpoint{address.path})) {
      return tl::unexpected{fmt::format("cannot listen at {}: {}", address.path, error.message())};
    }
    doors_.push_back(door);
    return address.path;
  }
  const auto host = asio::ip::make_address(address.host);
  const auto hosts = host.is_loopback() ? HttpHosts::local : HttpHosts::any;
  const auto door = std::make_shared<Acceptor<Tcp>>(io_, shared_, hosts, std::string{});
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
  end_connections(*shared_);
}

}  // namespace cmm
