// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/time.hpp"

namespace cmm {

/// Tells systemd how the service is: the datagrams of sd_notify(3). Does nothing where nobody listens
/// ($NOTIFY_SOCKET isn't set). Never blocks: what can't be sent at once is left out.
class ServiceManager {
 public:
  explicit ServiceManager(boost::asio::io_context& io);

  void ready();
  /// … and the end of it. A service that isn't ready yet doesn't say so by a reload.
  void reloading();
  void reloaded();
  void stopping();
  /// One line for `systemctl status`.
  void status(std::string_view text);

  /// Feeds the watchdog ($WATCHDOG_USEC) for as long as `gets_on` says so, twice in its time.
  void feed_watchdog(std::function<bool()> gets_on);

 private:
  void send(std::string_view text);
  void arm();

  boost::asio::local::datagram_protocol::socket socket_;
  boost::asio::steady_timer timer_;
  std::optional<Duration> period_;
  std::function<bool()> gets_on_;
  bool ready_ = false;
  bool reloading_ = false;
};

}  // namespace cmm
