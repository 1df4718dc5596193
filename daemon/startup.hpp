// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "cgroupfs/reclaimer.hpp"
#include "config/settings.hpp"
#include "daemon/exit_code.hpp"
#include "engine/engine.hpp"

namespace cmm {

/// Why the daemon can't start: one line for stderr and the exit code.
struct StartupError {
  ExitCode code;
  std::string message;
};

/// What the daemon needs to run.
struct Startup {
  EngineSetup setup;
  std::unique_ptr<Reclaimer> reclaimer;  ///< none in a dry run
  bool parents_chosen = false;           ///< no parent was given: the first known one that exists was taken
};

/// Finds the hierarchy and the parents and probes what the kernel can do. Changes nothing, except that values
/// of memory.swappiness that a killed daemon left behind are put back (not in a dry run).
tl::expected<Startup, StartupError> start_up(const Settings& settings);

/// Lets the process hold as many descriptors as its hard limit allows: three for each watched cgroup.
void raise_descriptor_limit();

}  // namespace cmm
