// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/standard_output.hpp"
#include "config/yaml.hpp"
#include "daemon/log.hpp"
#include "daemon/log_events.hpp"
#include "daemon/log_reporter.hpp"
#include "daemon/options.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/service.hpp"
#include "daemon/startup.hpp"
#include "daemon/status_command.hpp"
#include "daemon/table.hpp"

namespace cmm {
namespace {

/// Before it is known how to log.
ExitCode fail(ExitCode code, const std::string& message) {
  print_error(message);
  return code;
}

ExitCode log_failure(ExitCode code, const std::string& message) {
  log_event(LogLevel::error, "failed", {}, message);
  flush_log();
  return code;
}

/// A thread that hangs in the kernel can't be waited for; everything that has to be kept is on disk already.
[[noreturn]] void leave_behind(const Hanging& hanging, ExitCode code) {
  for (const auto& cgroup : hanging.reclaims) {
    log_event(LogLevel::warn, "leaving", {{"cgroup", cgroup->path}},
              fmt::format("leaving while a reclaim of {} hangs in the kernel", cgroup->path));
  }
  if (hanging.scan) log_event(LogLevel::warn, "leaving", {}, "leaving while a scan hangs in the kernel");
  flush_log();
  std::fflush(stdout);
  ::_exit(static_cast<int>(code));
}

ExitCode print_table(const ScanReport& report, const Outcomes& outcomes, const Hanging& hanging) {
  fmt::print("{}", to_table(report, outcomes, hanging.reclaims));
  const bool failed =
      std::any_of(outcomes.begin(), outcomes.end(), [](const auto& each) { return each.second.error; });
  return failed || !hanging.reclaims.empty() ? ExitCode::failure : ExitCode::ok;
}

ExitCode scan_once(const Settings& settings, const Startup& startup) {
  boost::asio::io_context io;
  LogReporter log{settings};
  log.starting(settings, startup);
  ScanReport report;
  Outcomes outcomes;
  const auto events =
      both(log_events(log),
           {.scanned = [&](const auto& scanned) { report = *scanned; },
            .reclaimed = [&](const ReclaimJob& job,
                             const ReclaimOutcome& outcome) { outcomes.emplace(job.cgroup->id, outcome); },
            .overran = {},
            .scan_hangs = {},
            .scan_came_back = {},
            .reclaim_hangs = {},
            .reload_asked = {},
            .stopping = {}});
  Scheduler scheduler{io, startup.setup, startup.reclaimer.get(), events};
  const auto hanging = scheduler.run(true);
  const auto code = print_table(report, outcomes, hanging);
  if (!hanging.none()) leave_behind(hanging, code);
  return code;
}

/// Reads the command line and the file again, as at the start.
tl::expected<Options, std::string> read_again(const std::vector<std::string>& arguments) {
  return parse_options(arguments).map_error([](const OptionsError& error) { return error.message; });
}

ExitCode serve(const Options& options, const Startup& startup, const std::vector<std::string>& arguments) {
  Service service{options.settings, startup, [&] { return read_again(arguments); }};
  if (const auto opened = service.open(options.settings); !opened) {
    return log_failure(ExitCode::unavailable, with_place(options, opened.error()));
  }
  const auto hanging = service.run();
  if (service.is_reloading()) {
    log_event(LogLevel::warn, "leaving", {}, "leaving while a reload is under way, or hangs in the kernel");
  }
  if (!hanging.none() || service.is_reloading()) leave_behind(hanging, ExitCode::ok);
  return ExitCode::ok;
}

ExitCode run(const Options& options, const std::vector<std::string>& arguments) {
  const auto& settings = options.settings;
  keep_heap_small();
  raise_descriptor_limit();
  configure_log(settings.log_level, settings.log_format);
  const auto startup = start_up(settings);
  if (!startup) {
    return log_failure(startup.error().code, with_place(options, startup.error().message));
  }
  return settings.once ? scan_once(settings, *startup) : serve(options, *startup, arguments);
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
    case Action::status:
      return print_status(*options);
    case Action::explain:
      return print_explanation(*options);
    case Action::run:
      return run(*options, arguments);
  }
  return ExitCode::failure;
}

/// What was asked for and couldn't be written down was not done.
ExitCode written(ExitCode code) {
  const auto error = flush_standard_output();
  return error ? fail(ExitCode::failure, Error{error, "write to", "standard output"}.message()) : code;
}

}  // namespace
}  // namespace cmm

int main(int argc, char** argv) {
  try {
    return static_cast<int>(cmm::written(cmm::main_or_error({argv + 1, argv + argc})));
  } catch (const std::exception& error) {
    return static_cast<int>(cmm::fail(cmm::ExitCode::failure, error.what()));
  }
}
