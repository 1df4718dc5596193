// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cgroupfs/hierarchy.hpp"
#include "engine/report.hpp"
#include "model/decision.hpp"
#include "model/reclaim.hpp"
#include "model/time.hpp"

namespace cmm {

/// The decision in a few words, for people: "below threshold", "cooling down for 12.5 s", "free 12.0 MiB".
std::string describe(const Decision& decision, TimePoint now);

/// "kubepods.slice, machine.slice"
std::string describe(const std::vector<Parent>& parents);

/// "2 s", "12.5 s", "800 ms": for people.
std::string describe(Duration duration);
/// … also where it is more than a Duration can hold, as a document from elsewhere may say.
std::string describe_seconds(double seconds);

}  // namespace cmm
