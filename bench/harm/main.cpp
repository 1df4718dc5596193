// SPDX-License-Identifier: Apache-2.0
// What reclaim does to the workloads: alone, with the daemon, and with all of the cache dropped instead.
#include <stdexcept>
#include <string>

#include "bench/command_line.hpp"
#include "bench/harm/harm.hpp"

namespace cmm::bench::harm {
namespace {

struct Arguments : CommonArguments {
  std::string daemon = default_daemon();
  std::string only = "abcd";
};

void run(const Sandbox& sandbox, const Arguments& arguments) {
  const Setup setup{sandbox, arguments.daemon};
  Report report{"harm", sandbox.hierarchy};
  for (const char scenario : arguments.only) {
    if (scenario == 'a') play_hot_set(setup, report);
    if (scenario == 'b') play_database(setup, report);
    if (scenario == 'c') play_burst(setup, report);
    if (scenario == 'd') play_cycle(setup, report);
  }
  report.print(arguments.json);
}

void check_scenarios(const std::string& only) {
  if (only.empty() || only.find_first_not_of("abcd") != std::string::npos)
    throw std::runtime_error("--only takes letters of abcd");
}

}  // namespace
}  // namespace cmm::bench::harm

int main(int argc, char** argv) {
  namespace bench = cmm::bench;
  namespace po = boost::program_options;
  bench::harm::Arguments arguments;
  po::options_description own;
  own.add_options()("daemon", po::value(&arguments.daemon), "the program (the one of this build)")(
      "only", po::value(&arguments.only)->notifier(bench::harm::check_scenarios),
      "a: hot set, b: database, c: burst, d: cycle; any of them (abcd)");
  return bench::run_benchmark(argc, argv, "bench_harm", own, arguments,
                              [&](const auto& sandbox) { bench::harm::run(sandbox, arguments); });
}
