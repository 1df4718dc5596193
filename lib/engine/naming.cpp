// SPDX-License-Identifier: Apache-2.0
#include "engine/naming.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

namespace cmm {
namespace {

bool has_name(const Target& target) { return !target.cgroup->workload.names.container.empty(); }

void name(Target& target, const LogLinks& links) {
  const auto* names = links.find(target.cgroup->container_id);
  if (names == nullptr || *names == target.cgroup->workload.names) return;
  auto named = *target.cgroup;
  named.workload.names = *names;
  target.cgroup = std::make_shared<const Cgroup>(std::move(named));
  target.is_pause = false;
}

/// Of the containers of one pod.
struct Pod {
  Target* oldest = nullptr;
  bool has_names = false;
};

}  // namespace

void name_targets(Branch& branch, const LogLinks& links) {
  std::unordered_map<std::string, Pod> pods;
  for (auto& target : branch.targets) {
    if (!target.is_container) continue;
    name(target, links);
    const auto& uid = target.cgroup->workload.pod_uid;
    if (uid.empty()) continue;
    auto& pod = pods[uid];
    // They are in the order of their inode numbers, which is that in which they were made.
    if (pod.oldest == nullptr) pod.oldest = &target;
    pod.has_names = pod.has_names || has_name(target);
  }
  for (const auto& [uid, pod] : pods) {
    if (pod.has_names && !has_name(*pod.oldest)) pod.oldest->is_pause = true;
  }
  branch.named = links.version();
}

}  // namespace cmm
