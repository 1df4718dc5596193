// SPDX-License-Identifier: Apache-2.0
// What reclaim does to the workloads: alone, with the daemon, and with all of the cache dropped instead.
#include <boost/program_options.hpp>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "bench/harm/harm.hpp"

namespace cmm::bench::harm {
namespace {

struct Arguments {
  std::string daemon;
  std::string data = "/var/tmp";
  std::string only = "abcd";
  bool json = false;
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

Arguments parse(int argc, char** argv) {
  namespace po = boost::program_options;
  Arguments arguments;
  arguments.daemon = default_daemon();
  po::options_description options{"bench_harm"};
  options.add_options()("help", "show this")("daemon", po::value(&arguments.daemon),
                                             "the program (the one of this build)")(
      "only", po::value(&arguments.only), "a: hot set, b: database, c: burst, d: cycle; any of them (abcd)")(
      "data", po::value(&arguments.data), "folder for files, on a disk (/var/tmp)")(
      "json", po::bool_switch(&arguments.json), "one JSON document");
  po::variables_map map;
  po::store(po::parse_command_line(argc, argv, options), map);
  po::notify(map);
  if (arguments.only.empty() || arguments.only.find_first_not_of("abcd") != std::string::npos)
    throw std::runtime_error("--only takes letters of abcd");
  if (!map.contains("help")) return arguments;
  std::cout << options;
  std::exit(0);
}

}  // namespace
}  // namespace cmm::bench::harm

int main(int argc, char** argv) {
  namespace bench = cmm::bench;
  try {
    const auto arguments = bench::harm::parse(argc, argv);
    return bench::run_in_sandbox(arguments.data,
                                 [&](const auto& sandbox) { bench::harm::run(sandbox, arguments); });
  } catch (const std::exception& error) {
    std::cerr << "bench_harm: " << error.what() << "\n";
    return 2;
  }
}
