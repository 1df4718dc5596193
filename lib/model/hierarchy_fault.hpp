// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cmm {

/// Why there is no such hierarchy or parent; each has its own advice to give.
enum class HierarchyFault {
  no_controller,     ///< no mount owns the controller
  missing,           ///< no such directory
  not_a_cgroup,      ///< a directory, but not on a cgroup file system
  other_controller,  ///< a cgroup of a hierarchy that doesn't own the memory controller
  is_root,           ///< the root of the hierarchy
  no_permission,
  unreadable,
};

}  // namespace cmm
