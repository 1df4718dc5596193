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

/// `policy` as `rule` changes it.
ReclaimPolicy with_rule(const ReclaimPolicy& policy, const Rule& rule);

/// How a rule is named to people: "rule 2 (path kubepods.slice/*, container 1f…)"; `place` counts from 0.
std::string rule_name(const Rules& rules, std::size_t place);

}  // namespace cmm
