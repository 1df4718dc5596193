// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sysexits.h>

#include "model/hierarchy_fault.hpp"

namespace cmm {

/// What the process returns; the numbers of <sysexits.h>, which systemd and shells know by name.
enum class ExitCode : int {
  ok = EX_OK,
  failure = 1,       ///< what was asked for could not be done, or a surprise
  usage = EX_USAGE,  ///< 64: an option or its value
  unavailable =
      EX_UNAVAILABLE,  ///< 69: the kernel or this system lacks what is needed: controller, cgroup, file
  no_permission = EX_NOPERM,  ///< 77: may not read or write what it needs
  config = EX_CONFIG,         ///< 78: the configuration file
};

/// What it means to both programs that there is no such hierarchy or parent.
ExitCode exit_code_of(HierarchyFault fault);

}  // namespace cmm
