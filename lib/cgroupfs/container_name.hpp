// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace cmm {

/// The container id (64 hex digits) that a cgroup's name carries, or empty. Knows the names that containerd,
/// Docker, CRI-O and podman give with either cgroup driver, nested names of a driver mismatch included:
/// "<id>", "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>", "libpod-<id>.scope",
/// "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>". A runtime's helper carries none.
std::string_view container_id(std::string_view name);

/// crun puts the processes of a container into a child of this name, and with systemd's driver the limit too;
/// the container's own cgroup has none then.
inline constexpr const char* container_payload = "container";

/// A runtime's own process beside the container, as crio-conmon-<id>.scope, libpod-conmon-<id>.scope and, of
/// podman in a pod with the cgroupfs driver, conmon: never a target.
bool is_container_helper(std::string_view name);

/// A level that Kubernetes groups containers under (kubepods, a QoS class, a pod): never a target, not even
/// while it has no children.
bool is_kubernetes_level(std::string_view name);

}  // namespace cmm
