// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/harm/place.hpp"

namespace cmm::bench::harm {

/// Who looks after the cache of a cgroup besides the kernel: nobody, this project's daemon, or a tool that
/// drops all of it at once.
enum class Side { alone, daemon, flush };
inline constexpr std::array kSides{Side::alone, Side::daemon, Side::flush};
std::string name_of(Side side);

/// When they act; the same for both.
struct Rule {
  Bytes threshold;
  Bytes target;  ///< the daemon's alone
  std::chrono::milliseconds interval{500};
  std::chrono::milliseconds cooldown{1000};
};

/// The daemon doubles a cooldown that did harm up to so many times the one it was given.
inline constexpr double kTopRaise = 32;

/// What was done to a cgroup, written by the thread that does it or hears of it.
class Diary {
 public:
  /// `after_act` is called in that thread, right after each act.
  explicit Diary(std::function<void()> after_act = {}) : after_act_(std::move(after_act)) {}

  void add_act(Bytes freed);
  void add_learned(double cooldown_seconds);
  void fail(std::string why);

  [[nodiscard]] std::size_t acts() const;
  [[nodiscard]] Bytes freed() const;
  /// The longest cooldown that was learned, and the acts up to then.
  struct Learned {
    double cooldown_seconds = 0;
    std::size_t after_acts = 0;
  };
  [[nodiscard]] Learned learned() const;
  /// Throws where what should act has ended.
  void check() const;

 private:
  mutable std::mutex mutex_;
  std::function<void()> after_act_;
  std::size_t acts_ = 0;
  Bytes freed_;
  Learned learned_;
  std::string failure_;
};

/// Acts for as long as it lives.
class Keeper {
 public:
  Keeper() = default;
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  virtual ~Keeper() = default;
};

std::unique_ptr<Keeper> make_keeper(Side side, const std::string& daemon, const Place& place,
                                    const Rule& rule, Diary& diary);

/// Tells the diary what a line of the daemon's log says.
void read_log_line(const std::string& line, Diary& diary);

}  // namespace cmm::bench::harm
