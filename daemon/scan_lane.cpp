// SPDX-License-Identifier: Apache-2.0
#include "daemon/scan_lane.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>

namespace cmm {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// A call on a control file takes microseconds. On a machine that is out of breath it may take a thousand
// times as long, and a scan that was given up for that reason is a little work done twice.
constexpr auto kScanPatience = std::chrono::milliseconds{500};
// Each scan that hangs keeps a thread and its open files. Where so many do, the node is beyond help from
// here.
constexpr std::size_t kMostLeftBehind = 8;
// Who hung for a second isn't touched for ten: so it costs the other cgroups a tenth of the time at most.
constexpr int kRest = 10;

Scan work(Engine& engine, const std::vector<ScanLane::Ended>& ended, const std::optional<EngineSetup>& setup,
          ScanWatch& watch, const Quarantine& quarantine) {
  // How a reclaim ended is judged by the settings that it was made under.
  for (const auto& [job, outcome] : ended) engine.record(*job, outcome);
  if (setup) engine.change(*setup);
  return engine.scan(Clock::now(), watch, quarantine);
}

}  // namespace

ScanLane::ScanLane(asio::io_context& io, EngineSetup setup, Events events)
    : io_(io), setup_(std::move(setup)), events_(std::move(events)) {
  lane_.emplace_back(std::make_unique<Engine>(setup_));
}

void ScanLane::change(EngineSetup setup) {
  setup_ = std::move(setup);
  changed_ = true;
}

void ScanLane::begin(std::vector<Ended> ended) {
  scanning_ = true;
  ended_ = std::move(ended);
  release(Clock::now());
  run(lane_.begin());
}

void ScanLane::run(Lanes::iterator lane) {
  lane->watch = std::make_unique<ScanWatch>();
  lane->seen_step = 0;
  lane->seen_at = Clock::now();
  looked_at_ = lane->seen_at;
  // Copies: the scan may hang for ever, and what belongs to this thread changes meanwhile.
  auto quarantine = reclaims_hang_;
  for (const auto& [path, stuck] : quarantine_) quarantine.insert_or_assign(path, stuck);
  std::optional<EngineSetup> setup;
  if (std::exchange(changed_, false)) setup = setup_;
  asio::post(lane->thread, [this, lane, ended = ended_, quarantine = std::move(quarantine), setup] {
    try {
      auto scan = std::make_shared<Scan>(work(*lane->engine, ended, setup, *lane->watch, quarantine));
      asio::post(io_, [this, scan] { finish(std::move(*scan)); });
    } catch (const TakenOver&) {
      asio::post(io_, [this, lane] { come_back(lane); });
    }
  });
}

void ScanLane::finish(Scan scan) {
  scanning_ = false;
  ended_.clear();
  events_.scanned(std::move(scan));
}

void ScanLane::look(TimePoint now) {
  // Where this thread stood still as well, that the scan did says nothing: the process was stopped.
  const bool was_away = now - std::exchange(looked_at_, now) >= 2 * kScanPatience;
  if (!scanning_) return;
  auto& lane = lane_.front();
  const auto step = lane.watch->step();
  if (step != lane.seen_step || was_away) {
    lane.seen_step = step;
    lane.seen_at = now;
    return;
  }
  if (now - lane.seen_at < kScanPatience || left_behind_.size() >= kMostLeftBehind) return;
  if (const auto cgroup = lane.watch->take_over(step)) take_over(cgroup);
}

void ScanLane::take_over(const CgroupRef& cgroup) {
  auto& old = lane_.front();
  old.hangs_on = cgroup;
  quarantine_.insert_or_assign(cgroup->path, Stuck{.since = old.seen_at, .rests_until = {}});
  auto successor = std::make_unique<Engine>(setup_, old.engine->take_memory());
  left_behind_.splice(left_behind_.end(), lane_, lane_.begin());
  lane_.emplace_back(std::move(successor));
  events_.hangs(*cgroup);
  ended_.clear();  // the old engine has recorded them: the memory has it
  run(lane_.begin());
}

void ScanLane::come_back(Lanes::iterator lane) {
  const auto cgroup = lane->hangs_on;
  left_behind_.erase(lane);
  const auto stuck = quarantine_.find(cgroup->path);
  if (stuck == quarantine_.end()) return;
  const auto now = Clock::now();
  const auto hung = now - stuck->second.since;
  stuck->second.rests_until = now + kRest * hung;
  events_.came_back(*cgroup, hung);
}

void ScanLane::release(TimePoint now) {
  std::erase_if(quarantine_, [&](const auto& entry) {
    const auto& until = entry.second.rests_until;
    return until && now >= *until;
  });
}

}  // namespace cmm
