// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "bench/harm/keeper.hpp"

namespace cmm::bench::harm {
namespace {

/// The number behind " key=", whatever else the line says.
std::optional<double> field(const std::string& line, const std::string& key) {
  const auto found = line.find(" " + key + "=");
  if (found == std::string::npos) return std::nullopt;
  const char* const start = line.c_str() + found + key.size() + 2;
  char* end = nullptr;
  const double number = std::strtod(start, &end);
  if (end == start) return std::nullopt;
  return number;
}

}  // namespace

void Diary::add_act(Bytes freed) {
  {
    const std::lock_guard lock{mutex_};
    ++acts_;
    freed_ += freed;
  }
  if (!after_act_) return;
  try {
    after_act_();
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void Diary::add_learned(double cooldown_seconds) {
  const std::lock_guard lock{mutex_};
  if (cooldown_seconds > learned_.cooldown_seconds) learned_ = {cooldown_seconds, acts_};
}

void Diary::fail(std::string why) {
  const std::lock_guard lock{mutex_};
  failure_ = std::move(why);
}

std::size_t Diary::acts() const {
  const std::lock_guard lock{mutex_};
  return acts_;
}

Bytes Diary::freed() const {
  const std::lock_guard lock{mutex_};
  return freed_;
}

Diary::Learned Diary::learned() const {
  const std::lock_guard lock{mutex_};
  return learned_;
}

void Diary::check() const {
  const std::lock_guard lock{mutex_};
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void read_log_line(const std::string& line, Diary& diary) {
  if (line.find(" reclaimed cgroup=") != std::string::npos) {
    diary.add_act(Bytes{static_cast<std::uint64_t>(std::max(0.0, field(line, "freed").value_or(0)))});
  } else if (line.find(" learned cgroup=") != std::string::npos) {
    diary.add_learned(field(line, "cooldown").value_or(0));
  }
}

}  // namespace cmm::bench::harm
