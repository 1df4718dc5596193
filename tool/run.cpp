// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "cgroupfs/processes.hpp"
#include "tool/command.hpp"
#include "tool/confined_process.hpp"
#include "tool/failure.hpp"
#include "tool/limits.hpp"
#include "tool/oom.hpp"
#include "tool/place.hpp"
#include "tool/scratch_cgroup.hpp"
#include "tool/signal_queue.hpp"

namespace cmm::tool {
namespace {

ScratchLimits limits_of(const CommandWords& given) {
  ScratchLimits limits;
  if (given.has("memory-max"))
    limits.memory_max = parse_limit_argument("--memory-max", given.value("memory-max"));
  if (given.has("swap-max")) limits.swap_max = parse_limit_argument("--swap-max", given.value("swap-max"));
  if (given.has("cpu-max")) {
    const auto text = given.value("cpu-max");
    const auto slash = text.find('/');
    limits.cpu_max =
        parse_cpu_max(text.substr(0, slash), slash == std::string::npos ? "100000" : text.substr(slash + 1));
  }
  return limits;
}

/// Becomes the command; 127 and 126 are what a shell returns where it isn't found or can't be started.
int become(std::vector<std::string> command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (auto& each : command) arguments.push_back(each.data());
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  const int error = errno;
  complain(fmt::format("cannot run {}: {}", command.front(), std::strerror(error)));
  return error == ENOENT ? 127 : 126;
}

/// What the terminal sends goes to its whole foreground group, the command included. Other signals of the
/// kernel, like that of a timer, are for the tool alone.
bool has_reached_the_command(const siginfo_t& info) {
  constexpr std::array kOfTerminal{SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGWINCH, SIGCONT};
  return info.si_code == SI_KERNEL && std::ranges::find(kOfTerminal, info.si_signo) != kOfTerminal.end();
}

void pass_on(const siginfo_t& info, const ConfinedProcess& child, const SignalQueue& signals) {
  if (info.si_signo == SIGCHLD) return;
  if (!has_reached_the_command(info)) child.send(info.si_signo);
  // The job is stopped when both are.
  if (info.si_signo == SIGTSTP) signals.let_act(SIGTSTP);
}

int wait_for_end(ConfinedProcess& child, const SignalQueue& signals) {
  while (true) {
    if (const auto status = child.status()) return exit_code_of(*status);
    if (const auto info = signals.wait(std::nullopt)) pass_on(*info, child, signals);
  }
}

void report_oom(const std::string& path, int code) {
  const auto kills = oom_kills(path);
  if (kills == 0) return;
  complain(fmt::format("{}; exit code {}", oom_text(path, kills), code));
}

void report_killed(const std::vector<Process>& left) {
  for (const auto& each : left) {
    complain(fmt::format("the command has ended; killed what it left in '{}': {} ({})", each.cgroup, each.pid,
                         each.name));
  }
}

int run(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto limits = limits_of(given);
  const SignalQueue signals{SIGTSTP};
  ScratchCgroup cgroup{given.has("name") ? given.value("name") : ScratchCgroup::name_for("run"), limits};
  end_if_asked(signals);
  int code = 0;
  {
    ConfinedProcess child{cgroup.path(), signals, ConfinedProcess::Life::own,
                          [&] { return become(invocation.command); }};
    code = wait_for_end(child, signals);
  }
  report_oom(cgroup.path(), code);
  if (given.has("keep")) {
    cgroup.keep();
    complain(fmt::format("kept cgroup '{}'", cgroup.path()));
  } else {
    report_killed(cgroup.remove());
  }
  return code;
}

}  // namespace

Command run_command() {
  using Takes = CommandOption::Takes;
  return {
      .name = "run",
      .arguments = "[OPTION]... -- COMMAND [ARGUMENT]...",
      .summary = "Run a command in a cgroup of its own",
      .details =
          "The command is in the cgroup from its first instruction. Signals are passed on to it, and its "
          "exit "
          "code is\nreturned: 128 + signal where one ended it, so 137 after an OOM kill, which is reported "
          "with its counters;\n127 where it isn't found. At its end the cgroup is removed, and what it left "
          "running is killed.\nrun -- sh confines a shell, to try things in by hand.",
      .runs_command = true,
      .options = {{.name = "name",
                   .takes = Takes::value,
                   .value_name = "PATH",
                   .meaning = "The cgroup to make. Default: cmm-run-PID.",
                   .accepted = "a path as my-app or parent/child"},
                  {.name = "memory-max",
                   .takes = Takes::value,
                   .value_name = "BYTES",
                   .meaning = "Memory limit. Default: max.",
                   .accepted = "a size, or max"},
                  {.name = "swap-max",
                   .takes = Takes::value,
                   .value_name = "BYTES",
                   .meaning = "How much swap may be used. Default: max.",
                   .accepted = "a size, or max"},
                  {.name = "cpu-max",
                   .takes = Takes::value,
                   .value_name = "QUOTA/PERIOD",
                   .meaning =
                       "CPU time in each period, in microseconds or with a unit: 50ms/100ms is half a CPU. "
                       "Default: max.",
                   .accepted = "QUOTA/PERIOD like 50000/100000 or 50ms/100ms"},
                  bare_option("keep", "Leave the cgroup, and what runs in it.")},
      .run = run};
}

}  // namespace cmm::tool
