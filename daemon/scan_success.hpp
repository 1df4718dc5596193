// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/engine.hpp"
#include "engine/report.hpp"

namespace cmm {

/// False where no parent could be read, as when all of them are gone: then nothing is looked after. Where
/// parents are waited for, one that is missing doesn't count as a failure.
bool has_succeeded(const ScanReport& report, const EngineSetup& setup);

}  // namespace cmm
