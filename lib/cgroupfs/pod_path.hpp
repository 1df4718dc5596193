// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "model/workload.hpp"

namespace cmm {

/// A character of a pod's uid, as either of the kubelet's cgroup drivers writes it.
bool is_uid_character(char c);

/// The pod that a cgroup's path lies in, its uid and class, with either of the kubelet's cgroup drivers and
/// whatever is above kubepods; empty where it lies in none. The names of the pod aren't in a path.
Workload pod_of_path(std::string_view path);

}  // namespace cmm
