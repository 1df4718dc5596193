// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "base/bytes.hpp"
#include "model/time.hpp"

namespace cmm {

/// What all reclaims that one scan asks for may take together.
struct CycleBudget {
  std::optional<Bytes> bytes;              ///< page cache to free; absent: no bound
  Duration cpu = std::chrono::seconds{1};  ///< CPU time of the reclaiming threads
  unsigned concurrent = 2;                 ///< reclaims at the same time; the others wait for their turn

  friend bool operator==(const CycleBudget&, const CycleBudget&) = default;
};

}  // namespace cmm
