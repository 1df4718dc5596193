// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
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

/// Serves one client, for as long as it asks in time. Keeps itself alive through its pending operation.
void serve_http(boost::asio::generic::stream_protocol::socket socket, std::shared_ptr<HttpShared> shared);

/// Ends the connections: at once where nothing is being sent, and else after that.
void end_connections(HttpShared& shared);

}  // namespace cmm
