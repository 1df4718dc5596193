// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sysexits.h>

namespace cmm {

/// What the process returns; the numbers of <sysexits.h>, which systemd and shells know by name.
enum class ExitCode : int {
  ok = EX_OK,
  failure = 1,                   ///< a reclaim failed in --once, or a surprise
  usage = EX_USAGE,              ///< 64: an option or its value
  unavailable = EX_UNAVAILABLE,  ///< 69: no memory controller, no such parent, no memory.reclaim
  no_permission = EX_NOPERM,     ///< 77: may not read or write what it needs
  config = EX_CONFIG,            ///< 78: the configuration file
};

}  // namespace cmm
