// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/amount.hpp"
#include "model/time.hpp"
#include "model/workload.hpp"

namespace cmm {

/// Which cgroups a rule is about: all that is said has to hold. Patterns are those of glob(7), and a `*`
/// matches slashes too.
struct Match {
  std::string path{};             ///< below the mount of the memory hierarchy; empty: any
  std::string container_id{};     ///< empty: any, and cgroups without one
  std::string namespace_name{};   ///< in Kubernetes; empty: any, and cgroups of which it isn't known
  std::string pod{};              ///< … likewise
  std::string container{};        ///< … likewise, the name in the pod
  std::optional<QosClass> qos{};  ///< of the pod; absent: any, and cgroups that are in none

  friend bool operator==(const Match&, const Match&) = default;
};

/// Other settings for some cgroups. What a rule doesn't say stays as it is for all; a rule with a threshold
/// and no target has 80 % of its threshold as its target.
struct Rule {
  Match match{};
  bool ignore = false;  ///< leave these cgroups alone, whatever they hold
  std::optional<Amount> threshold{};
  std::optional<Amount> target{};
  std::optional<Duration> cooldown{};
  std::optional<Percent> max_pressure{};

  friend bool operator==(const Rule&, const Rule&) = default;
};

/// In the order of the configuration: the first that matches a cgroup holds for it.
using Rules = std::vector<Rule>;

}  // namespace cmm
