// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cgroupfs/processes.hpp"

// How a cgroup is removed that was made for the time of one command. Where cpu-max gave it another half
// in the hierarchy of the cpu controller, that goes too. One that is gone is as good as removed. All throw
// Failure.

namespace cmm::tool {

/// Kills what is in it and below it, and removes it with the cgroups that were made in it. Returns what was
/// killed.
std::vector<Process> remove_with_all_in_it(const std::string& mount, const std::string& path);

/// Removes one that was made to hold another. False: somebody else has come to use it, and it stays.
bool remove_unless_used(const std::string& mount, const std::string& path);

}  // namespace cmm::tool
