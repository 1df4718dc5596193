// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/metrics_text.hpp"

namespace cmm {

struct HttpResponse {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  std::string content_security_policy{};  ///< for pages
};

class HttpDoor;
struct HttpShared;

/// Answers GET and HEAD over TCP and Unix sockets, on the thread of the io_context. Whatever clients do costs
/// a bounded amount: so many connections at a time, so many bytes for a request, so many seconds for each
/// step.
class HttpServer {
 public:
  /// The response for a path, without its query. Shared bodies aren't copied.
  using Handler = std::function<HttpResponse(std::string_view path)>;

  HttpServer(boost::asio::io_context& io, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// Begins to listen; a Unix socket is for its owner alone. Returns the address, with its port where any was
  /// asked for, or one line that says why not. A file that is in the way stays, unless it is a Unix socket at
  /// which nobody listens.
  tl::expected<std::string, std::string> listen(const ListenAddress& address);
  /// Ends listening at all addresses, removes the Unix sockets and sends the clients away.
  void close();

 private:
  std::shared_ptr<HttpShared> shared_;
  boost::asio::io_context& io_;
  std::list<std::shared_ptr<HttpDoor>> doors_;
};

}  // namespace cmm
