// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cgroupfs/set_limit.hpp"

namespace cmm::tool {

/// "max", or the number of bytes.
std::string to_text(Limit limit);

/// QUOTA ("max", microseconds, or a duration with its unit) and PERIOD. Throws Failure.
CpuMax parse_cpu_max(const std::string& quota, const std::string& period);

/// Limits CPU time. Makes the cgroup in the hierarchy of the cpu controller where that is another one, and
/// moves the processes there. Throws Failure, with nothing made where the quota is refused or one of the
/// processes can't be moved.
CpuMax limit_cpu(const std::string& path, CpuMax max);

}  // namespace cmm::tool
