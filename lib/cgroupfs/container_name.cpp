// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/container_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "cgroupfs/pod_path.hpp"
#include "model/container_id.hpp"

namespace cmm {
namespace {

bool remove_suffix(std::string_view& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

}  // namespace

std::string_view container_id(std::string_view name) {
  if (is_container_helper(name)) return {};
  remove_suffix(name, ".scope");
  return container_id_at_end(name);
}

bool is_container_helper(std::string_view name) {
  constexpr std::array<std::string_view, 2> helpers{"crio-conmon-", "libpod-conmon-"};
  return name == "conmon" ||
         std::any_of(helpers.begin(), helpers.end(), [&](auto prefix) { return name.starts_with(prefix); });
}

bool is_kubernetes_level(std::string_view name) {
  const bool slice = remove_suffix(name, ".slice");
  // systemd driver: kubepods.slice, kubepods-burstable.slice, kubepods-burstable-pod<uid>.slice; kind and
  // others prefix them: kubelet-kubepods-burstable.slice. The slice of a systemd unit is named by its path.
  if (slice)
    return name == "kubepods" || name == "kubelet" || name.starts_with("kubepods-") ||
           name.starts_with("kubelet-kubepods");
  // cgroupfs driver: kubepods/burstable/pod<uid>
  constexpr std::size_t kUidLength = 32;
  const bool pod = name.starts_with("pod") && name.size() >= 3 + kUidLength &&
                   std::all_of(name.begin() + 3, name.end(), is_uid_character);
  return pod || name == "kubepods" || name == "kubelet" || name == "burstable" || name == "besteffort";
}

}  // namespace cmm
