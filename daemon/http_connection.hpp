// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string_view>
#include <unordered_set>

#include "daemon/http_server.hpp"

namespace cmm {

class HttpConnection;

/// What the connections share with the server; they may outlive it by a callback.
struct HttpShared {
  HttpServer::Handler handler;
  std::unordered_set<HttpConnection*> connections{};
  bool closed = false;  ///< nobody is to be served any longer
};

/// As which host a client may ask for it.
enum class HttpHosts {
  any,
  /// By address or as localhost: where only this machine can come, a browser on it shall not be sent by a
  /// page whose name was made to stand for 127.0.0.1 (DNS rebinding).
  local,
};

/// True where the value of a Host header is one of them; none at all is fine, as no browser does without.
bool is_host_of(HttpHosts hosts, std::string_view host);

/// Serves one client, for as long as it asks in time. Keeps itself alive through its pending operation.
void serve_http(boost::asio::generic::stream_protocol::socket socket, std::shared_ptr<HttpShared> shared,
                HttpHosts hosts);

/// Ends the connections: at once where nothing is being sent, and else after that.
void end_connections(HttpShared& shared);

}  // namespace cmm
