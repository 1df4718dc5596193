// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "model/amount.hpp"
#include "model/time.hpp"

namespace cmm {

/// "Free so much page cache of this cgroup."
struct ReclaimRequest {
  Bytes bytes;             ///< how much is over the target
  Bytes threshold;         ///< what the cache passed; for the report
  Bytes target;            ///< stop when the reclaimable cache is down to this
  TimePoint not_before{};  ///< the end of the cooldown, which the scan may have come a moment before
  Duration time_budget = std::chrono::seconds{2};  ///< stop after this long, wherever it is then
  Duration cpu_budget = Duration::max();           ///< … and after so much CPU time of its slices
  Bytes byte_budget{~std::uint64_t{0}};  ///< … and when so much was freed, however much is read meanwhile
  Percent max_pressure{100};             ///< … and where PSI memory `some avg10` passes this
};

/// Why a reclaim ended.
enum class ReclaimEnd {
  target_reached,  ///< the cache is down to the target
  no_progress,     ///< the kernel frees nothing more (EAGAIN, or slice after slice without effect)
  out_of_time,     ///< the time budget is spent
  out_of_cpu,      ///< the CPU budget is spent
  out_of_bytes,  ///< as much was freed as was allowed, and the target isn't reached: more was read meanwhile
  under_pressure,  ///< tasks stall for memory: PSI passed the request's bound
  stopped,         ///< asked to stop: the daemon shuts down
  cgroup_gone,     ///< the cgroup was removed meanwhile (ENODEV, ENOENT)
  denied,          ///< the kernel refuses the write (EACCES, EPERM, EROFS)
  unsupported,     ///< this kernel or cgroup has no such file, or doesn't take the write (EINVAL)
  failed,          ///< a surprise; `error` says which
};

/// "target reached", "no progress", …
std::string_view to_string(ReclaimEnd end);

/// What a reclaim did, judged by the cgroup's counters and never by what a write returned.
struct ReclaimOutcome {
  ReclaimEnd end = ReclaimEnd::failed;
  Bytes requested;
  Bytes freed;         ///< sum over the slices of what left the file LRUs
  Bytes cache_before;  ///< reclaimable cache at the start
  Bytes cache_after;   ///< … and at the end
  unsigned slices = 0;
  TimePoint started_at{};
  Duration duration{};
  Duration cpu{};  ///< what the thread ran: the slices and what is around them
  std::optional<Bytes>
      refaults;                ///< the cgroup's counter of refaulted cache at the start, where there is one
  std::optional<Error> error;  ///< for denied, unsupported and failed
};

}  // namespace cmm
