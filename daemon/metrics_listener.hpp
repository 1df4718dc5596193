// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "config/settings.hpp"
#include "daemon/http_server.hpp"

namespace cmm {

/// Listens where the setting `metrics` says.
class MetricsListener {
 public:
  MetricsListener(boost::asio::io_context& io, HttpServer::Handler handler)
      : io_(io), handler_(std::move(handler)) {}

  /// Moves to another address, or off. Where that can't be had it stays where it is, and one line says why.
  tl::expected<void, std::string> change(const MetricsSettings& metrics);
  void close() { server_.reset(); }

 private:
  void go_on_at_old();

  boost::asio::io_context& io_;
  HttpServer::Handler handler_;
  std::unique_ptr<HttpServer> server_;
  std::string address_;  // as it was asked for
};

}  // namespace cmm
