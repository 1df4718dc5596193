// SPDX-License-Identifier: Apache-2.0
#include "daemon/service_manager.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace cmm {
namespace {

namespace asio = boost::asio;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A quarter of the time after which systemd loses its patience with this process: a single ping may be lost,
/// or be withheld because a scan stood still just then.
std::optional<Duration> watchdog_period() {
  const auto pid = variable("WATCHDOG_PID");
  if (!pid.empty() && number(pid) != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
  const auto time = number(variable("WATCHDOG_USEC"));
  if (!time || *time == 0) return std::nullopt;
  return std::chrono::microseconds{*time} / 4;
}

std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

ServiceManager::ServiceManager(asio::io_context& io) : socket_(io), timer_(io), period_(watchdog_period()) {
  auto address = variable("NOTIFY_SOCKET");
  if (address.empty()) return;
  // An abstract name begins with a zero byte, which the environment can't hold.
  if (address.front() == '@') address.front() = '\0';
  boost::system::error_code error;
  socket_.open({}, error);
  if (!error) socket_.connect({address}, error);
  if (!error) socket_.non_blocking(true, error);
  if (error) socket_.close(error);
}

void ServiceManager::ready() {
  ready_ = true;
  send("READY=1");
}

void ServiceManager::reloading() {
  if (!ready_) return;
  reloading_ = true;
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void ServiceManager::reloaded() {
  if (std::exchange(reloading_, false)) send("READY=1");
}

void ServiceManager::stopping() { send("STOPPING=1"); }

void ServiceManager::status(std::string_view text) {
  // One line each: a line end would begin the next assignment.
  std::string line{text};
  std::ranges::replace(line, '\n', ' ');
  send("STATUS=" + line);
}

void ServiceManager::feed_watchdog(std::function<bool()> gets_on) {
  gets_on_ = std::move(gets_on);
  if (period_ && socket_.is_open()) arm();
}

void ServiceManager::arm() {
  timer_.expires_after(*period_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    // What else is due comes first: where the process was stopped, a scan that is overdue for that reason.
    asio::post(timer_.get_executor(), [this] {
      if (gets_on_()) send("WATCHDOG=1");
    });
    arm();
  });
}

void ServiceManager::send(std::string_view text) {
  if (!socket_.is_open()) return;
  boost::system::error_code ignored;
  socket_.send(asio::buffer(text.data(), text.size()), 0, ignored);
}

}  // namespace cmm
