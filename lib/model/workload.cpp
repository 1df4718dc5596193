// SPDX-License-Identifier: Apache-2.0
#include "model/workload.hpp"

namespace cmm {

std::string_view to_string(QosClass qos) {
  switch (qos) {
    case QosClass::guaranteed:
      return "guaranteed";
    case QosClass::burstable:
      return "burstable";
    case QosClass::best_effort:
      return "besteffort";
  }
  return "?";
}

std::string full_name(const ContainerNames& names) {
  if (names.container.empty()) return {};
  return names.namespace_name + "/" + names.pod + "/" + names.container;
}

std::string name_and_path(const ContainerNames& names, const std::string& path) {
  const auto name = full_name(names);
  return name.empty() ? path : name + " (" + path + ")";
}

}  // namespace cmm
