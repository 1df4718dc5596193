// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include "config/text.hpp"
#include "tool/command.hpp"
#include "tool/failure.hpp"

namespace cmm::tool {
namespace {

using Arguments = std::vector<std::string>;

std::vector<Command> all_commands() {
  return {create_command(),      delete_command(),        memory_max_command(), memory_high_command(),
          swap_max_command(),    cpu_max_command(),       show_command(),       run_command(),
          test_memory_command(), stress_memory_command(), monitor_command(),    version_command()};
}

std::string help(const std::vector<Command>& commands) {
  std::string text{
      "Usage: cgroup-tool COMMAND [ARGUMENT]...\n"
      "Makes memory-limited cgroups, runs something in them, fills, watches and removes them; on cgroup v1 "
      "and "
      "v2.\n\nCommands:\n"};
  for (const auto& command : commands) text += fmt::format("  {:<14} {}\n", command.name, command.summary);
  return text +
         "\nA PATH is relative to the mount of the memory hierarchy, as my-app or parent/child, or absolute "
         "below "
         "it.\nSizes: B; kB, KB, K = 1000; KiB, Ki = 1024; M, G and T likewise; a bare number is bytes.\n"
         "cgroup-tool COMMAND --help says more.\n";
}

std::string help(const Command& command) {
  auto text = fmt::format("Usage: cgroup-tool {} {}\n{}\n", command.name, command.arguments, command.summary);
  if (!command.details.empty()) text += '\n' + command.details + '\n';
  return text + '\n' + options_table("Options", command.options);
}

const Command& find(const std::vector<Command>& commands, const std::string& name) {
  const auto found = std::ranges::find(commands, name, &Command::name);
  if (found != commands.end()) return *found;
  std::vector<std::string_view> names;
  names.reserve(commands.size());
  for (const auto& command : commands) names.emplace_back(command.name);
  const auto near = nearest(name, names);
  throw usage(near.empty() ? fmt::format("unknown command {}; cgroup-tool --help lists them", in_quotes(name))
                           : fmt::format("unknown command {}; did you mean {}?", in_quotes(name), near));
}

Invocation parse(const Command& command, const Arguments& arguments) {
  const auto dashes = command.runs_command ? std::ranges::find(arguments, "--") : arguments.end();
  auto given = parse_command_line({arguments.begin(), dashes}, command.options);
  if (!given) throw usage(fmt::format("{}: {}", command.name, given.error()));
  Invocation invocation{*std::move(given), {}};
  if (dashes != arguments.end()) invocation.command.assign(dashes + 1, arguments.end());
  return invocation;
}

void check_number_of_words(const Command& command, const Invocation& invocation) {
  const auto words = invocation.given.words.size();
  if (command.runs_command && (words > 0 || invocation.command.empty())) {
    throw usage(fmt::format("{0}: the command to run stands behind --: cgroup-tool {0} {1}", command.name,
                            command.arguments));
  }
  if (words < command.least_words || words > command.most_words) {
    throw usage(fmt::format("{0}: {1}; cgroup-tool {0} {2}", command.name,
                            words < command.least_words ? "something is missing" : "too much is given",
                            command.arguments));
  }
}

int run(Command command, const Arguments& arguments) {
  command.options.push_back(bare_option("help", "Print this and exit."));
  const auto invocation = parse(command, arguments);
  if (invocation.given.has("help")) {
    fmt::print("{}", help(command));
    return 0;
  }
  check_number_of_words(command, invocation);
  return command.run(invocation);
}

int main_or_failure(const Arguments& arguments) {
  const auto commands = all_commands();
  if (arguments.empty()) throw usage("no command is given; cgroup-tool --help lists them");
  const auto& first = arguments.front();
  if (first == "--help" || first == "help") {
    fmt::print("{}", help(commands));
    return 0;
  }
  return run(find(commands, first == "--version" ? "version" : first),
             {arguments.begin() + 1, arguments.end()});
}

/// Where the tool was started without one of the standard descriptors, the next file that it opens would take
/// its number, and messages would be written to a cgroup's file. Opened for the wrong direction, so that
/// using it is an error all the same; a command doesn't get it.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    static_cast<void>(::open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC));
  }
}

int fail(const Failure& failure) {
  const std::string_view message{failure.what()};
  if (!message.empty()) complain(message);
  return static_cast<int>(failure.code());
}

}  // namespace
}  // namespace cmm::tool

int main(int argc, char** argv) {
  using namespace cmm::tool;
  occupy_standard_descriptors();
  try {
    const int code = main_or_failure({argv + 1, argv + argc});
    flush_output();
    return code;
  } catch (const Failure& failure) {
    return fail(failure);
  } catch (const std::system_error& error) {
    // What fmt throws where it can't print, or another surprise.
    return fail(std::ferror(stdout) != 0 ? output_failure(error.code())
                                         : Failure{cmm::ExitCode::failure, error.what()});
  } catch (const std::exception& error) {
    return fail({cmm::ExitCode::failure, error.what()});
  }
}
