// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice.hpp"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cgroupfs/cgroup_files.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/parse.hpp"
#include "cgroupfs/pressure.hpp"
#include "cgroupfs/thread_cpu.hpp"

namespace cmm {
namespace {

using Clock = std::chrono::steady_clock;

// A slice may free nothing because its time was over before the kernel had drained the other CPUs' page
// lists; the cutters make the next one longer then. So many in a row say that there is nothing to be had.
constexpr unsigned kFutileSlices = 8;

// PSI's averages move every two seconds; looking at them after each slice would cost more than it tells.
constexpr Duration kPressurePeriod = std::chrono::milliseconds{100};

/// What the counters say between two slices.
struct Counters {
  Bytes reclaimable;
  Bytes file_lru;
};

/// Reads a cgroup's memory.stat again and again.
class CounterReader {
 public:
  CounterReader(const ReclaimJob& job, const MemoryInterface& interface) : job_(job), interface_(interface) {}

  Io<Counters> read() {
    const auto stat = read_memory_stat(stat_, reader_, interface_, job_.dir.get());
    if (!stat) return tl::unexpected{stat.error()};
    return Counters{*interface_.reclaimable(*stat),
                    stat->inactive_file.value_or(Bytes{}) + stat->active_file.value_or(Bytes{})};
  }

  Io<std::optional<Bytes>> refaults() {
    const auto text = stat_.read_all(reader_, job_.dir.get(), interface_.stat);
    if (!text) return tl::unexpected{text.error()};
    return find_refaults(*text, interface_);
  }

  /// True where PSI has passed the request's bound, as of the last look.
  Result<bool> is_under_pressure() {
    const auto now = Clock::now();
    if (now < next_look_) return false;
    next_look_ = now + kPressurePeriod;
    const auto pressure = read_pressure(reader_, interface_, job_.dir.get(), job_.cgroup->path);
    if (!pressure) return tl::unexpected{pressure.error()};
    return *pressure && **pressure > job_.request.max_pressure;
  }

 private:
  const ReclaimJob& job_;
  const MemoryInterface& interface_;
  HeldFile stat_;
  ControlFileReader reader_;
  TimePoint next_look_{};  // at once: the job may have waited in line for long since the scan looked
};

/// EINTR is how a slice is meant to end, and EAGAIN (16 passes without progress) is judged by what was freed.
bool is_expected(std::error_code error) {
  return !error || error == std::errc::interrupted || error == std::errc::resource_unavailable_try_again;
}

ReclaimOutcome ended(ReclaimOutcome outcome, ReclaimEnd end) {
  outcome.end = end;
  outcome.duration = Clock::now() - outcome.started_at;
  return outcome;
}

ReclaimOutcome failed(ReclaimOutcome outcome, Error error) {
  const auto end = end_of(error.code);
  if (end != ReclaimEnd::cgroup_gone) outcome.error = std::move(error);
  return ended(std::move(outcome), end);
}

ReclaimOutcome failed(ReclaimOutcome outcome, const ReclaimJob& job, std::error_code error,
                      const char* action, const std::string& file) {
  return failed(std::move(outcome), Error{error, action, job.cgroup->path + "/" + file});
}

Result<std::optional<ReclaimEnd>> end_before_slice(const ReclaimJob& job, const ReclaimOutcome& so_far,
                                                   CounterReader& counters, const std::stop_token& stop) {
  if (so_far.cache_after <= job.request.target) return ReclaimEnd::target_reached;
  if (stop.stop_requested()) return ReclaimEnd::stopped;
  if (Clock::now() - so_far.started_at >= job.request.time_budget) return ReclaimEnd::out_of_time;
  if (so_far.cpu >= job.request.cpu_budget) return ReclaimEnd::out_of_cpu;
  if (so_far.freed >= job.request.byte_budget) return ReclaimEnd::out_of_bytes;
  const auto under_pressure = counters.is_under_pressure();
  if (!under_pressure) return tl::unexpected{under_pressure.error()};
  return *under_pressure ? std::optional{ReclaimEnd::under_pressure} : std::nullopt;
}

Bytes wanted(const ReclaimRequest& request, const ReclaimOutcome& so_far) {
  return std::min(so_far.cache_after - request.target, request.byte_budget - so_far.freed);
}

}  // namespace

ReclaimEnd end_of(std::error_code error) {
  if (is_gone(error)) return ReclaimEnd::cgroup_gone;
  if (is_denied(error)) return ReclaimEnd::denied;
  if (error == std::errc::invalid_argument || error == std::errc::operation_not_supported) {
    return ReclaimEnd::unsupported;
  }
  return ReclaimEnd::failed;
}

ReclaimOutcome outcome_without_slice(const ReclaimJob& job, std::error_code error, const char* action,
                                     const std::string& file) {
  return outcome_without_slice(job, Error{error, action, job.cgroup->path + "/" + file});
}

ReclaimOutcome outcome_without_slice(const ReclaimJob& job, Error error) {
  ReclaimOutcome outcome;
  outcome.requested = job.request.bytes;
  outcome.started_at = Clock::now();
  return failed(std::move(outcome), std::move(error));
}

ReclaimOutcome reclaim_in_slices(const ReclaimJob& job, const MemoryInterface& interface,
                                 const SliceCutter& cutter, const std::stop_token& stop) {
  CounterReader counters{job, interface};
  auto before = counters.read();
  if (!before) return outcome_without_slice(job, before.error(), "read", interface.stat);
  const auto refaults = counters.refaults();
  if (!refaults) return outcome_without_slice(job, refaults.error(), "read", interface.stat);

  ReclaimOutcome outcome;
  outcome.requested = job.request.bytes;
  outcome.started_at = Clock::now();
  outcome.cache_before = outcome.cache_after = before->reclaimable;
  outcome.refaults = *refaults;
  for (unsigned futile = 0; futile < kFutileSlices;) {
    const auto end = end_before_slice(job, outcome, counters, stop);
    if (!end) return failed(std::move(outcome), end.error());
    if (*end) return ended(std::move(outcome), **end);

    const auto slice = cutter.cut(wanted(job.request, outcome));
    ++outcome.slices;
    outcome.cpu += slice.cpu;
    if (!is_expected(slice.error))
      return failed(std::move(outcome), job, slice.error, "write", interface.reclaim);
    // Reading memory.stat makes the kernel flush its statistics, and may take as long as a short slice.
    const auto cpu_before = thread_cpu_time();
    const auto after = counters.read();
    outcome.cpu += thread_cpu_time() - cpu_before;
    if (!after) return failed(std::move(outcome), job, after.error(), "read", interface.stat);

    const auto freed = before->file_lru - after->file_lru;
    outcome.freed += freed;
    outcome.cache_after = after->reclaimable;
    before = after;
    cutter.learn({freed, slice.took, slice.cpu});
    if (freed != Bytes{}) {
      futile = 0;
    } else if (slice.exhausted) {
      break;
    } else {
      ++futile;
    }
  }
  return ended(std::move(outcome), ReclaimEnd::no_progress);
}

}  // namespace cmm
