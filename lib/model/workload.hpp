// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cmm {

/// The quality-of-service class that Kubernetes gives a pod by its requests and limits.
enum class QosClass { guaranteed, burstable, best_effort };

/// "guaranteed", "burstable", "besteffort": as the kubelet names their cgroups.
std::string_view to_string(QosClass qos);

/// What a container is called in Kubernetes.
struct ContainerNames {
  std::string namespace_name;
  std::string pod;
  std::string container;

  friend bool operator==(const ContainerNames&, const ContainerNames&) = default;
};

/// Which container of which pod a cgroup is. Its path tells the pod's uid and class, a log link of the
/// kubelet the names; what isn't known is empty.
struct Workload {
  std::string pod_uid;  ///< as Kubernetes writes it, with '-'; of a static pod 32 hex digits
  std::optional<QosClass> qos;
  ContainerNames names;

  friend bool operator==(const Workload&, const Workload&) = default;
};

/// "namespace/pod/container", or empty where the names aren't known.
std::string full_name(const ContainerNames& names);

/// "namespace/pod/container (path)", or the path alone where the names aren't known.
std::string name_and_path(const ContainerNames& names, const std::string& path);

}  // namespace cmm
