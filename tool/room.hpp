// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cgroupfs/hierarchy.hpp"

namespace cmm::tool {

/// On v2, a memory.max that the usage can't be brought below makes the kernel kill processes until it is. So
/// the usage is brought below `limit` by memory.reclaim before, which kills nobody; whether that succeeds is
/// measured, as what can be freed can't be told from the counters. Throws Failure where it doesn't come down.
void make_room(const Hierarchy& hierarchy, const std::string& path, Bytes limit);

}  // namespace cmm::tool
