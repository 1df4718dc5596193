// SPDX-License-Identifier: Apache-2.0
#include "daemon/reloader.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

namespace cmm {
namespace {

// Each that hangs keeps its thread.
constexpr unsigned kMostThreads = 8;

Reloader::Result run(const std::function<Reloader::Result()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return tl::unexpected{std::string{error.what()}};
  }
}

}  // namespace

void Reloader::begin(std::function<Result()> work) {
  if (threads_ >= kMostThreads) return done_(tl::unexpected{std::string{"earlier ones hang in the kernel"}});
  ++threads_;
  last_ = ++begun_;
  arm(last_);
  std::thread{[this, number = last_, work = std::move(work)] {
    auto result = std::make_shared<Result>(run(work));
    boost::asio::post(io_, [this, number, result] {
      --threads_;
      finish(number, std::move(*result));
    });
  }}.detach();
}

void Reloader::arm(std::uint64_t number) {
  timer_.expires_after(patience_);
  timer_.async_wait([this, number](boost::system::error_code error) {
    if (!error) finish(number, tl::unexpected{std::string{"it hangs in the kernel, and was given up"}});
  });
}

void Reloader::finish(std::uint64_t number, Result result) {
  if (number != last_) return;
  last_ = 0;
  timer_.cancel();
  done_(std::move(result));
}

}  // namespace cmm
