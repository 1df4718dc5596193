// SPDX-License-Identifier: Apache-2.0
#include "daemon/scan_success.hpp"

#include <algorithm>

namespace cmm {

bool has_succeeded(const ScanReport& report, const EngineSetup& setup) {
  if (report.gate_closed || !report.targets.empty()) return true;
  return std::ranges::any_of(setup.parents, [&](const Parent& parent) {
    const auto path = setup.hierarchy.mount + "/" + parent.path;
    return std::ranges::none_of(report.unreadable_branches,
                                [&](const Error& error) { return error.path == path; });
  });
}

}  // namespace cmm
