// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/workload.hpp"

namespace cmm {

/// What the name of one of the kubelet's links to a container's log says.
struct LogLink {
  std::string container_id;
  ContainerNames names;

  friend bool operator==(const LogLink&, const LogLink&) = default;
};

/// Takes "<pod>_<namespace>_<container>-<id>.log" apart (LogSymlink of the kubelet's kuberuntime); nothing
/// where `name` isn't one. No name in Kubernetes has a '_', so each link has one meaning.
std::optional<LogLink> parse_log_link(std::string_view name);

}  // namespace cmm
