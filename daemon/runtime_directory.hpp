// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cmm {

/// Where the journal and the control socket are: $RUNTIME_DIRECTORY, or /run/cgroup-memory-manager.
std::string runtime_directory();

/// Where a running daemon answers `status` and `explain`.
std::string control_socket_path();

}  // namespace cmm
