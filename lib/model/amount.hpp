// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "base/bytes.hpp"

namespace cmm {

/// A share of the effective limit; 0 < percent <= 100 as a threshold, 0 allowed as a target.
struct Percent {
  double value = 0;
  friend auto operator<=>(Percent, Percent) = default;
};

/// An amount of page cache, absolute or relative to the cgroup's effective limit.
using Amount = std::variant<Percent, Bytes>;

/// The amount in bytes for a cgroup with this effective limit; rounded down.
Bytes resolve(const Amount& amount, Bytes effective_limit);

/// "25%" or "104857600 B": what config/quantity.hpp reads back to the same amount.
std::string to_string(const Amount& amount);

}  // namespace cmm
