// SPDX-License-Identifier: Apache-2.0
#include "support/fake_machine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cmm::test {
namespace {

constexpr int kPage = 4096;

// A day has thousands of scans: nothing is opened for them.
void replace(const UniqueFd& file, const std::string& text) {
  const auto size = static_cast<ssize_t>(text.size());
  if (::pwrite(file.get(), text.data(), text.size(), 0) != size || ::ftruncate(file.get(), size) != 0)
    throw std::runtime_error("a fake file can't be written");
}

}  // namespace

ReclaimOutcome freed(FakeWorkload& workload, const ReclaimRequest& request, Bytes bytes) {
  ReclaimOutcome outcome;
  outcome.end = ReclaimEnd::target_reached;
  outcome.requested = request.bytes;
  outcome.freed = bytes;
  outcome.cache_before = workload.cache;
  outcome.refaults = workload.refaults;
  workload.cache = outcome.cache_after = workload.cache - bytes;
  outcome.slices = 1;
  outcome.duration = outcome.cpu = std::chrono::milliseconds{2};
  return outcome;
}

EngineSetup usual() {
  return {.hierarchy = {},
          .parents = {},
          .policy = {.threshold = MiB(100), .target = MiB(80), .cooldown = std::chrono::seconds{30}},
          .ability = {},
          .pace = {.shortest = std::chrono::seconds{1}, .longest = std::chrono::seconds{20}}};
}

FakeWorkload streaming(const std::string& name, Bytes per_second) {
  return {.name = name, .live = [per_second](FakeWorkload& self, Duration passed) {
            const auto seconds = std::chrono::duration<double>{passed}.count();
            self.cache +=
                Bytes{static_cast<std::uint64_t>(static_cast<double>(per_second.count()) * seconds)};
          }};
}

FakeWorkload cycling(const std::string& name, Bytes cache) {
  return {.name = name, .cache = cache, .live = [cache](FakeWorkload& self, Duration) {
            self.refaults += cache - self.cache;
            self.cache = cache;
          }};
}

FakeWorkload stubborn(const std::string& name, Bytes cache, ReclaimEnd end, Duration cpu) {
  return {
      .name = name, .cache = cache, .reclaim = [end, cpu](FakeWorkload& self, const ReclaimRequest& request) {
        auto outcome = freed(self, request, {});
        outcome.end = end;
        outcome.duration = outcome.cpu = std::min(cpu, request.cpu_budget);
        return outcome;
      }};
}

FakeMachine::FakeMachine(EngineSetup with) : setup(std::move(with)) {
  tree_.add("top");
  setup.hierarchy = tree_.hierarchy();
  setup.parents = {{"top"}};
  setup.root = tree_.root();
  setup.ability = {.spares_anon = true, .why_not = {}};
}

FakeWorkload& FakeMachine::add(FakeWorkload workload) {
  auto& added = workloads_.emplace_back(std::move(workload));
  tree_.add("top/" + added.name, {.limit = std::to_string(added.limit.count())});
  tree_.write("top/" + added.name, "memory.pressure", "");
  const auto open = [&](const char* file) {
    return UniqueFd{::open((tree_.absolute("top/" + added.name) + "/" + file).c_str(), O_WRONLY | O_CLOEXEC)};
  };
  files_.push_back({open("memory.current"), open("memory.stat"), open("memory.pressure"), -1});
  return added;
}

void FakeMachine::change(const EngineSetup& with) {
  setup = with;
  if (engine_) engine_->change(setup);
}

void FakeMachine::set_available_kib(std::uint64_t available) const {
  tree_.write_below_root("proc/meminfo",
                         fmt::format("MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: {} kB\n"
                                     "SwapTotal: 0 kB\n",
                                     available));
}

const TargetReport& FakeMachine::row_of(const FakeWorkload& workload) const {
  const auto path = "top/" + workload.name;
  const auto row =
      std::ranges::find_if(last_.targets, [&](const auto& each) { return each.cgroup->path == path; });
  if (row == last_.targets.end()) throw std::runtime_error("no row for " + path);
  return *row;
}

void FakeMachine::run(Duration time) {
  if (!engine_) engine_ = std::make_unique<Engine>(setup);
  const auto end = now_ + time;
  for (; next_ < end; ++scans_) {
    live(next_ - std::exchange(now_, next_));
    auto scan = engine_->scan(now_);
    scanned(scan);
    for (const auto& job : scan.jobs) work_on(job, now_);
    next_ = now_ + scan.report.next_in + jitter();
    last_ = std::move(scan.report);
  }
  live(end - std::exchange(now_, end));
}

void FakeMachine::live(Duration passed) {
  for (std::size_t place = 0; place < workloads_.size(); ++place) {
    auto& workload = workloads_[place];
    if (workload.live) workload.live(workload, passed);
    workload.most_usage = std::max(workload.most_usage, workload.cache + workload.anon);
    write(place);
  }
}

void FakeMachine::write(std::size_t place) {
  auto& [usage, stat, pressure, pressure_there] = files_[place];
  const auto& workload = workloads_[place];
  replace(usage, fmt::format("{}\n", (workload.cache + workload.anon).count()));
  replace(stat, fmt::format("anon {}\nfile {}\nshmem 0\nfile_dirty 0\nfile_writeback 0\ninactive_file {}\n"
                            "active_file 0\nworkingset_refault_file {}\n",
                            workload.anon.count(), workload.cache.count(), workload.cache.count(),
                            workload.refaults.count() / kPage));
  if (std::exchange(pressure_there, workload.pressure) == workload.pressure) return;
  replace(pressure, fmt::format("some avg10={:.2f} avg60=0.00 avg300=0.00 total=0\n", workload.pressure));
}

void FakeMachine::work_on(const ReclaimJob& job, TimePoint now) {
  for (auto& workload : workloads_) {
    if (job.cgroup->path != "top/" + workload.name) continue;
    auto outcome = workload.reclaim ? workload.reclaim(workload, job.request)
                                    : freed(workload, job.request, job.request.bytes);
    outcome.started_at = std::max(now, job.request.not_before);
    workload.attempts.push_back(outcome.started_at);
    workload.outcomes.push_back(outcome);
    engine_->record(job, outcome);
  }
}

Duration FakeMachine::jitter() {
  std::uniform_int_distribution<int> milliseconds{-40, 40};
  return std::chrono::milliseconds{milliseconds(dice_)};
}

}  // namespace cmm::test
