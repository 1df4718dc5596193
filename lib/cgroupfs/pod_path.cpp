// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/pod_path.hpp"

#include <algorithm>
#include <string>

#include "model/container_id.hpp"

namespace cmm {
namespace {

constexpr std::size_t kUidDigits = 32;

/// The uid at the beginning of `text`. systemd's names have '_' for its '-', as there '-' parts the levels.
std::string uid_at(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, is_uid_character);
  std::string uid{text.begin(), end};
  std::ranges::replace(uid, '_', '-');
  const auto digits = std::ranges::count_if(uid, [](char c) { return c != '-'; });
  return static_cast<std::size_t>(digits) == kUidDigits ? uid : std::string{};
}

struct PodLevel {
  std::string_view before;  ///< of the component's name
  std::string uid;
};

/// "pod<uid>" at the beginning of a component or after a '-', as "kubepods-burstable-pod<uid>.slice".
PodLevel pod_level(std::string_view component) {
  constexpr std::string_view kPod = "pod";
  for (auto at = component.find(kPod); at != std::string_view::npos; at = component.find(kPod, at + 1)) {
    if (at != 0 && component[at - 1] != '-') continue;
    if (auto uid = uid_at(component.substr(at + kPod.size())); !uid.empty())
      return {component.substr(0, at), std::move(uid)};
  }
  return {};
}

bool ends_in(std::string_view above, std::string_view level) {
  return above.ends_with(level) || above.ends_with(std::string{level} + "-") ||
         above.ends_with(std::string{level} + "/");
}

}  // namespace

bool is_uid_character(char c) { return is_hex_digit(c) || c == '-' || c == '_'; }

Workload pod_of_path(std::string_view path) {
  for (std::size_t start = 0; start < path.size();) {
    const auto slash = std::min(path.find('/', start), path.size());
    auto level = pod_level(path.substr(start, slash - start));
    if (!level.uid.empty()) {
      // The systemd driver has the class in the pod's own name, the other one in the level above.
      const auto above = path.substr(0, start + level.before.size());
      const auto qos = ends_in(above, "burstable")    ? QosClass::burstable
                       : ends_in(above, "besteffort") ? QosClass::best_effort
                                                      : QosClass::guaranteed;
      return {.pod_uid = std::move(level.uid), .qos = qos, .names = {}};
    }
    start = slash + 1;
  }
  return {};
}

}  // namespace cmm
