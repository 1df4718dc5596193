// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace cmm {

/// Asks the daemon that listens at this Unix socket for a path; nothing where none answers within seconds.
std::optional<std::string> ask_daemon(const std::string& socket, const std::string& path);

}  // namespace cmm
