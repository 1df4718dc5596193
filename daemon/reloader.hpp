// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <tl/expected.hpp>

#include "daemon/options.hpp"
#include "engine/engine.hpp"
#include "model/time.hpp"

namespace cmm {

/// What a reload has found good.
struct Reloaded {
  Options options;
  EngineSetup setup;
};

/// Lets a reload look at its files, which may hang in the kernel, on a thread of its own. One that hangs is
/// given up, and costs that thread. For the thread of the io_context; must not be destroyed while it is busy.
class Reloader {
 public:
  using Result = tl::expected<Reloaded, std::string>;
  using Done = std::function<void(Result)>;

  Reloader(boost::asio::io_context& io, Duration patience, Done done)
      : io_(io), timer_(io), patience_(patience), done_(std::move(done)) {}

  /// Runs `work` there, and then `done` here. One that is still going on is forgotten.
  void begin(std::function<Result()> work);
  /// Some thread is still at it.
  [[nodiscard]] bool busy() const { return threads_ > 0; }

 private:
  void arm(std::uint64_t number);
  void finish(std::uint64_t number, Result result);

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  Duration patience_;
  Done done_;
  unsigned threads_ = 0;
  std::uint64_t last_ = 0;  // the number of the one that counts; 0: none
  std::uint64_t begun_ = 0;
};

}  // namespace cmm
