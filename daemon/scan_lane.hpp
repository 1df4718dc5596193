// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "cgroupfs/scan_watch.hpp"
#include "engine/engine.hpp"
#include "model/time.hpp"

namespace cmm {

/// The one thread that scans. Where it hangs in the kernel on some cgroup, it is left behind with its engine,
/// and another thread goes on with a new engine that has the old one's memory and leaves that cgroup alone.
/// For the thread of the io_context.
class ScanLane {
 public:
  struct Events {
    std::function<void(Scan)> scanned;
    std::function<void(const Cgroup&)> hangs;  ///< … on this cgroup; the scan begins again without it
    std::function<void(const Cgroup&, Duration hung)> came_back;
  };
  using Ended = std::pair<std::shared_ptr<const ReclaimJob>, ReclaimOutcome>;

  ScanLane(boost::asio::io_context& io, EngineSetup setup, Events events);

  /// Lets the next scan begin with another setup, of the same hierarchy; what was learned stays.
  void change(EngineSetup setup);

  /// Starts a scan; there must be none. The engine gets to know first how these reclaims ended.
  void begin(std::vector<Ended> ended);
  /// Looks whether the scan gets on. To be called every so often while one runs.
  void look(TimePoint now);

  /// A reclaim of this cgroup hangs, or has come back: it isn't touched in between.
  void isolate(const std::string& path, TimePoint since) {
    reclaims_hang_.insert_or_assign(path, Stuck{.since = since, .rests_until = {}});
  }
  void end_isolation(const std::string& path) { reclaims_hang_.erase(path); }

  [[nodiscard]] bool scanning() const { return scanning_; }
  /// The setup has changed since the last scan began.
  [[nodiscard]] bool is_changed() const { return changed_; }
  /// When the scan that runs was last seen to have got on, as of the last look.
  [[nodiscard]] TimePoint last_step() const { return lane_.front().seen_at; }
  /// Scans that hang in the kernel, the present one included.
  [[nodiscard]] bool has_hanging() const { return scanning_ || !left_behind_.empty(); }

 private:
  /// A thread, what it scans with, and how far it is.
  struct Lane {
    explicit Lane(std::unique_ptr<Engine> with) : engine(std::move(with)) {}
    std::unique_ptr<Engine> engine;
    std::unique_ptr<ScanWatch> watch;
    std::uint64_t seen_step = 0;
    TimePoint seen_at{};
    CgroupRef hangs_on;
    boost::asio::thread_pool thread{1};
  };
  using Lanes = std::list<Lane>;

  void run(Lanes::iterator lane);
  void finish(Scan scan);
  void take_over(const CgroupRef& cgroup);
  void come_back(Lanes::iterator lane);
  void release(TimePoint now);

  boost::asio::io_context& io_;
  EngineSetup setup_;
  bool changed_ = false;  // the engine doesn't know of this setup yet
  Events events_;
  bool scanning_ = false;
  TimePoint looked_at_{};
  Quarantine quarantine_;     // cgroups on which a scan hangs, or hung lately
  Quarantine reclaims_hang_;  // … and a reclaim does
  std::vector<Ended> ended_;  // for the scan that begins
  Lanes lane_;                // one
  Lanes left_behind_;
};

}  // namespace cmm
