// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <tl/expected.hpp>

#include "model/time.hpp"

namespace cmm {

/// Asks the daemon that listens at this Unix socket for a path. The error says why there is no answer, in a
/// few words: nobody listens, this user may not ask, or none came in time.
tl::expected<std::string, std::string> ask_daemon(const std::string& socket, const std::string& path,
                                                  Duration patience = std::chrono::seconds{3});

}  // namespace cmm
