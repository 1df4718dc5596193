// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cgroupfs/hierarchy.hpp"
#include "model/limit.hpp"
#include "model/time.hpp"

// Where the commands work: the hierarchies, and the cgroup that was named. All throw Failure.

namespace cmm::tool {

/// The hierarchy that owns the memory controller.
Hierarchy memory_hierarchy();

/// The hierarchy that owns the cpu controller; nothing where none does. On v1 it is another one than
/// memory's, and a cgroup of the tool is then the same path in both.
std::optional<Hierarchy> cpu_hierarchy();

/// The mount of the cpu controller's hierarchy, where that is another one and has this cgroup too: its other
/// half.
std::optional<std::string> mount_of_other_half(const std::string& mount, const std::string& path);

/// The path below the mount of a cgroup that may not exist yet.
std::string new_path(const Hierarchy& hierarchy, const std::string& given);
/// … of one that exists.
std::string existing_path(const Hierarchy& hierarchy, const std::string& given);
/// … and whose memory the kernel counts, which on v2 is so only where its parent hands the controller down.
std::string memory_path(const Hierarchy& hierarchy, const std::string& given);

/// make_cgroup()
std::vector<std::string> make_path(const Hierarchy& hierarchy, const std::string& path,
                                   const std::vector<std::string>& controllers);

/// BYTES, or "max"; `what` stands at the beginning of the message.
Limit parse_limit_argument(const std::string& what, const std::string& text);
/// D
Duration parse_duration_argument(const std::string& what, const std::string& text);
/// SIZE, up to what a process can address.
Bytes parse_size_argument(const std::string& what, const std::string& text);

}  // namespace cmm::tool
