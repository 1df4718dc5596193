// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "config/yaml.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/log_reporter.hpp"
#include "daemon/options.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/startup.hpp"
#include "daemon/table.hpp"

namespace cmm {
namespace {

ExitCode fail(ExitCode code, const std::string& message) {
  fmt::print(stderr, "cgroup-memory-manager: {}\n", message);
  return code;
}

/// A thread that hangs in the kernel can't be waited for; everything that has to be kept is on disk already.
[[noreturn]] void leave_behind(const Hanging& hanging) {
  for (const auto& cgroup : hanging.reclaims)
    spdlog::warn("leaving while a reclaim of {} hangs in the kernel", cgroup->path);
  if (hanging.scan) spdlog::warn("leaving while a scan hangs in the kernel");
  spdlog::default_logger()->flush();
  ::_exit(static_cast<int>(ExitCode::ok));
}

ExitCode run(const Settings& settings) {
  raise_descriptor_limit();
  auto startup = start_up(settings);
  if (!startup) return fail(startup.error().code, startup.error().message);
  configure_log(settings.log_level);
  LogReporter log{settings};
  log.starting(settings, *startup);

  ScanReport last;
  Outcomes outcomes;
  const SchedulerEvents events{.scanned =
                                   [&](const ScanReport& report) {
                                     log.scanned(report);
                                     if (settings.once) last = report;
                                   },
                               .reclaimed =
                                   [&](const ReclaimJob& job, const ReclaimOutcome& outcome) {
                                     log.reclaimed(job, outcome);
                                     if (settings.once) outcomes.emplace(job.cgroup->id, outcome);
                                   },
                               .overran = [&](Duration took) { log.overran(took); }};
  Scheduler scheduler{Engine{std::move(startup->setup)}, startup->reclaimer.get(), settings.interval, events};
  if (const auto hanging = scheduler.run(settings.once); !hanging.none()) leave_behind(hanging);

  if (!settings.once) return ExitCode::ok;
  fmt::print("{}", to_table(last, outcomes));
  const bool failed =
      std::any_of(outcomes.begin(), outcomes.end(), [](const auto& each) { return each.second.error; });
  return failed ? ExitCode::failure : ExitCode::ok;
}

ExitCode main_or_error(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  if (!options) return fail(options.error().code, options.error().message);
  switch (options->action) {
    case Action::help:
      fmt::print("{}", help_text());
      return ExitCode::ok;
    case Action::version:
      fmt::print("{}", version_text());
      return ExitCode::ok;
    case Action::check_config:
      fmt::print("{}", to_yaml(options->settings));
      return ExitCode::ok;
    case Action::run:
      return run(options->settings);
  }
  return ExitCode::failure;
}

}  // namespace
}  // namespace cmm

int main(int argc, char** argv) {
  try {
    return static_cast<int>(cmm::main_or_error({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    return static_cast<int>(cmm::fail(cmm::ExitCode::failure, error.what()));
  }
}
