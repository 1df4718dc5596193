// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "cgroupfs/reclaimer.hpp"
#include "cli/exit_code.hpp"
#include "config/settings.hpp"
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
  bool has_pressure = false;             ///< the kernel measures PSI; otherwise that guard is off
  bool has_refaults = false;             ///< … and counts what is read again after it was evicted
  std::vector<Parent> awaited;           ///< parents that don't exist yet
  bool parents_chosen = false;           ///< no parent was given: the first known one that exists was taken
};

/// Finds the hierarchy and the parents and probes what the kernel can do. Changes nothing, except that values
/// of memory.swappiness that a killed daemon left behind are put back (not in a dry run).
tl::expected<Startup, StartupError> start_up(const Settings& settings);

/// The setup of a running daemon with other settings; the hierarchy and what the kernel can do stay as they
/// were found. Refused where what is asked for needs another start.
tl::expected<EngineSetup, StartupError> changed_setup(const EngineSetup& present, const Settings& settings);

/// Has the allocator give back at once what a burst took, as a thousand reclaims in one scan. To be called
/// before threads are made.
void keep_heap_small();

/// Lets the process hold as many descriptors as its hard limit allows and its memory is meant for: it takes
/// two or three for each watched cgroup.
void raise_descriptor_limit();

}  // namespace cmm
