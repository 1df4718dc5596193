// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/log_reporter.hpp"
#include "daemon/scheduler.hpp"

namespace cmm {

/// What the scheduler tells, for the log, which has to outlive it. Signals aren't the log's.
SchedulerEvents log_events(LogReporter& log);

/// Tells `first`, then `second`.
SchedulerEvents both(const SchedulerEvents& first, const SchedulerEvents& second);

}  // namespace cmm
