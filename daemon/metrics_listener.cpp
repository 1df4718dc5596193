// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics_listener.hpp"

#include <boost/asio/ip/address.hpp>

#include "config/metrics_text.hpp"
#include "daemon/log.hpp"

namespace cmm {
namespace {

bool is_open_to_network(const ListenAddress& address) {
  return address.path.empty() && !boost::asio::ip::make_address(address.host).is_loopback();
}

/// 0.0.0.0 and 127.0.0.1 can't both be listened at, at the same port.
bool may_collide(const ListenAddress& a, const ListenAddress& b) {
  return a.path.empty() && b.path.empty() && a.port == b.port && a.port != 0;
}

void tell(const std::string& at, const ListenAddress& address) {
  log_event(LogLevel::info, "listening", {}, "metrics and a page at " + at);
  if (!is_open_to_network(address)) return;
  log_event(LogLevel::warn, "open_to_network", {},
            "whoever reaches " + at +
                " sees what runs here: under the systemd unit nobody but this host until a drop-in says "
                "IPAddressAllow=, in Kubernetes whom a NetworkPolicy lets");
}

}  // namespace

tl::expected<void, std::string> MetricsListener::change(const MetricsSettings& metrics) {
  if (metrics.listen == address_) return {};
  if (metrics.listen.empty()) {
    server_.reset();
    address_.clear();
    return {};
  }
  const auto address = parse_listen_address(metrics.listen);
  if (!address) return tl::unexpected{"metrics: " + address.error()};
  const auto old = parse_listen_address(address_);
  const bool is_in_the_way = server_ && old && may_collide(*old, *address);
  if (is_in_the_way) server_->close();
  auto server = std::make_unique<HttpServer>(io_, handler_);
  const auto listening = server->listen(*address);
  if (!listening) {
    if (is_in_the_way) go_on_at_old();
    return tl::unexpected{"metrics: " + listening.error()};
  }
  tell(*listening, *address);
  server_ = std::move(server);
  address_ = metrics.listen;
  return {};
}

void MetricsListener::go_on_at_old() {
  const auto again = server_->listen(*parse_listen_address(address_));
  if (again) return;
  log_event(LogLevel::error, "not_listening", {}, again.error());
  server_.reset();
  address_.clear();
}

}  // namespace cmm
