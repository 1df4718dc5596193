// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "bench/harm/keeper.hpp"

// What the scenarios share. Each plays all sides and adds its table and bars to the report.

namespace cmm::bench::harm {

struct Setup {
  const Sandbox& sandbox;
  std::string daemon;  ///< the program
};

/// A set of files that is read all the time, beside a stream that is read once.
void play_hot_set(const Setup& setup, Report& report);
/// Random queries to an SQLite database that is larger than the limit.
void play_database(const Setup& setup, Report& report);
/// A cgroup full of cache that was just written, then a burst of allocations.
void play_burst(const Setup& setup, Report& report);
/// A file that is read again and again, above the threshold and below the limit.
void play_cycle(const Setup& setup, Report& report);

/// How often what took how long, within half a percent. Kept in memory that processes share.
class Histogram {
 public:
  void add(double seconds);
  /// Of 0 to 1; 0 where nothing was added.
  [[nodiscard]] double quantile(double share) const;
  [[nodiscard]] double longest() const { return longest_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::array<std::uint32_t, 4400> buckets_{};
  std::uint64_t count_ = 0;
  double longest_ = 0;
};

/// Holds a loop to a pace.
class Pace {
 public:
  explicit Pace(double steps_per_second) : step_(1 / steps_per_second) {}
  /// Sleeps until the next step is due. Steps that were missed are not made up for.
  void wait();

 private:
  double step_;
  double due_ = seconds_now();
};

/// Until the daemon's cooldown is at its top; at most so long, and not long at all where it learns nothing.
void await_learned(const Diary& diary, const Rule& rule, double patience_seconds);

inline double seconds_of(std::chrono::duration<double> time) { return time.count(); }
void sleep_seconds(double seconds);
inline double mib(Bytes bytes) { return static_cast<double>(bytes.count()) / (1024.0 * 1024.0); }
inline Number count_of(std::size_t count) { return {static_cast<double>(count), 0}; }

}  // namespace cmm::bench::harm
