// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "model/time.hpp"

namespace cmm {

/// A text that clients ask for, made when one does and then for all who come within `keep`. Afterwards it is
/// dropped, so that a daemon that nobody asks holds none. For the thread of the io_context.
class ServedText {
 public:
  ServedText(boost::asio::io_context& io, Duration keep, std::function<std::string()> make)
      : timer_(io), keep_(keep), make_(std::move(make)) {}

  /// As of now, or of a moment ago. While some client still reads the text before the last one, the last is
  /// served instead of a third: slow clients cost freshness, not memory.
  std::shared_ptr<const std::string> get();

 private:
  void drop_later();

  boost::asio::steady_timer timer_;
  Duration keep_;
  std::function<std::string()> make_;
  std::shared_ptr<const std::string> kept_;
  std::weak_ptr<const std::string> last_;
  std::weak_ptr<const std::string> before_last_;
};

}  // namespace cmm
