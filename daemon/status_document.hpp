// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>

#include "config/settings.hpp"
#include "daemon/startup.hpp"
#include "model/workload.hpp"

namespace cmm {

/// What StatusBoard shows, and where it comes from.
struct StatusDocument {
  nlohmann::ordered_json json;
  std::string source;  ///< one line
};

/// What a target of the document is called in Kubernetes; empty where that isn't known.
ContainerNames names_of(const nlohmann::ordered_json& target);

/// Asks the daemon that runs on this machine; where none does, looks by itself, with these settings and
/// without changing anything.
tl::expected<StatusDocument, StartupError> status_document(Settings settings);

}  // namespace cmm
