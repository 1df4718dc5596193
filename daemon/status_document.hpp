// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/settings.hpp"
#include "daemon/startup.hpp"
#include "daemon/status.hpp"

namespace cmm {

/// What StatusBoard shows, and where it comes from.
struct StatusDocument {
  nlohmann::ordered_json json;  ///< all of it
  Status status;                ///< what was understood
  std::string source;           ///< one line
};

/// The document in what a daemon answered; or one line that says what of it can't be understood.
tl::expected<StatusDocument, std::string> understand(std::string_view answer);

/// Asks the daemon that runs on this machine; where none does, looks by itself, with these settings and
/// without changing anything.
tl::expected<StatusDocument, StartupError> status_document(Settings settings);

}  // namespace cmm
