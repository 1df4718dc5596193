// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/report.hpp"

namespace cmm::test {

/// Why nothing is reclaimed, as the reports call it, or "request".
inline std::string decision_of(const TargetReport& row) {
  const auto* skip = std::get_if<Skip>(&row.decision);
  return skip != nullptr ? std::string{reason(*skip)} : "request";
}

}  // namespace cmm::test
