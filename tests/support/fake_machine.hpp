// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "support/fake_tree.hpp"

namespace cmm::test {

/// What one cgroup does in simulated time, and what was done to it.
struct FakeWorkload {
  std::string name{};
  Bytes cache{};
  Bytes anon = MiB(10);
  Bytes refaults{};     ///< the kernel's counter
  double pressure = 0;  ///< PSI memory some avg10, in percent
  Bytes limit = GiB(4);
  /// What it does while time passes; idle where there is nothing.
  std::function<void(FakeWorkload&, Duration passed)> live{};
  /// How the kernel answers to a reclaim; where there is nothing, all that is asked for is freed at once.
  std::function<ReclaimOutcome(FakeWorkload&, const ReclaimRequest&)> reclaim{};

  Bytes most_usage{};
  std::vector<TimePoint> attempts{};
  std::vector<ReclaimOutcome> outcomes{};
};

/// The outcome of a reclaim that frees as much as that.
ReclaimOutcome freed(FakeWorkload& workload, const ReclaimRequest& request, Bytes bytes);

/// Threshold 100 MiB, target 80 MiB, cooldown 30 s, a scan in 20 s.
EngineSetup usual();

/// Page cache that grows steadily and is never read again.
FakeWorkload streaming(const std::string& name, Bytes per_second);
/// Cache that is needed: all that is freed of it comes straight back from disk.
FakeWorkload cycling(const std::string& name, Bytes cache);
/// Cache that looks as if it could be dropped and can't (mapped and hot, protected); to find that out takes
/// so much CPU time each time.
FakeWorkload stubborn(const std::string& name, Bytes cache, ReclaimEnd end, Duration cpu);

/// Cgroups below "top", and an engine that looks after them as the daemon would: each scan when the last one
/// said, 40 ms early or late at most, and the outcomes of its jobs told before the next one.
class FakeMachine {
 public:
  explicit FakeMachine(EngineSetup with);

  FakeWorkload& add(FakeWorkload workload);
  void run(Duration time);
  /// A reload.
  void change(const EngineSetup& with);
  void set_available_kib(std::uint64_t available) const;

  [[nodiscard]] Duration passed() const { return now_ - kStart; }
  [[nodiscard]] unsigned scans() const { return scans_; }
  [[nodiscard]] const FakeTree& tree() const { return tree_; }
  [[nodiscard]] const TargetReport& row_of(const FakeWorkload& workload) const;
  EngineSetup setup;
  /// Called after each scan.
  std::function<void(const Scan&)> scanned = [](const Scan&) {};

  static constexpr TimePoint kStart{std::chrono::hours{1000}};

 private:
  struct Files {
    UniqueFd usage;
    UniqueFd stat;
    UniqueFd pressure;
    double pressure_there = -1;
  };
  void live(Duration passed);
  void write(std::size_t place);
  void work_on(const ReclaimJob& job, TimePoint now);
  Duration jitter();

  FakeTree tree_;
  std::unique_ptr<Engine> engine_;
  std::deque<FakeWorkload> workloads_;  // its references stay good
  std::vector<Files> files_;
  ScanReport last_;
  TimePoint now_ = kStart;
  TimePoint next_ = kStart;
  unsigned scans_ = 0;
  std::mt19937 dice_{20240229};
};

}  // namespace cmm::test
