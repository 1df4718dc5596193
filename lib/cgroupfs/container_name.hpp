// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace cmm {

/// The container id (64 hex digits) that a cgroup's name carries, or empty. Knows the names that containerd,
/// Docker, CRI-O and podman give with either cgroup driver, nested names of a driver mismatch included:
/// "<id>", "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>", "libpod-<id>.scope",
/// "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>". A runtime's helper carries none.
std::string_view container_id(std::string_view name);

/// A runtime's own process beside the container, as crio-conmon-<id>.scope and libpod-conmon-<id>.scope:
/// never a target, although its name carries an id.
bool is_container_helper(std::string_view name);

/// A level that Kubernetes groups containers under (kubepods, a QoS class, a pod): never a target, not even
/// while it has no children.
bool is_kubernetes_level(std::string_view name);

}  // namespace cmm
