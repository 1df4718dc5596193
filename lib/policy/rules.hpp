// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "model/cgroup.hpp"
#include "model/reclaim_policy.hpp"
#include "model/rule.hpp"

namespace cmm {

/// The place in `rules` of the first one that matches; nothing where none does.
std::optional<std::size_t> find_rule(const Rules& rules, const Cgroup& cgroup);

/// True where a rule asks for what only the kubelet's log links tell: namespace, pod or container.
bool need_names(const Rules& rules);

/// `policy` as `rule` changes it.
ReclaimPolicy with_rule(const ReclaimPolicy& policy, const Rule& rule);

/// How a rule is named to people: "rule 2 (namespace ci-*, pod build-*)"; `place` counts from 0.
std::string rule_name(const Rules& rules, std::size_t place);

}  // namespace cmm
