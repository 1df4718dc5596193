// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

namespace cmm {

ExitCode exit_code_of(HierarchyFault fault) {
  switch (fault) {
    case HierarchyFault::no_controller:
    case HierarchyFault::missing:
    case HierarchyFault::unreadable:
      return ExitCode::unavailable;
    case HierarchyFault::not_a_cgroup:
    case HierarchyFault::other_controller:
    case HierarchyFault::is_root:
      return ExitCode::usage;
    case HierarchyFault::no_permission:
      return ExitCode::no_permission;
  }
  return ExitCode::failure;
}

}  // namespace cmm
