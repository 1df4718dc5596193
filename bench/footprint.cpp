// SPDX-License-Identifier: Apache-2.0
// What the daemon itself takes: its resident set, and everything that is charged to a cgroup of its own.
#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "bench/daemon.hpp"
#include "bench/support.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "daemon/control_client.hpp"

namespace cmm::bench {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string daemon;
  std::size_t cgroups = 1000;
  unsigned seconds = 12;
  std::string data = "/var/tmp";
  bool json = false;
};

std::vector<std::string> make_watched(const std::string& parent, std::size_t count) {
  make_cgroup(parent, true);
  std::vector<std::string> cgroups;
  for (std::size_t i = 0; i < count; ++i) {
    const auto name =
        i % 2 == 0 ? fmt::format("cri-containerd-{:064x}.scope", i) : fmt::format("unit-{}.service", i);
    cgroups.push_back(parent + "/" + name);
    make_cgroup(cgroups.back());
  }
  return cgroups;
}

/// How the daemon is watched while it watches.
struct Side {
  bool above = false;    ///< all cgroups are over the threshold
  bool scraped = false;  ///< metrics are on, and somebody asks for them every few seconds
};

std::string name_of(const Side& side) {
  return fmt::format("all {} the threshold{}", side.above ? "above" : "below",
                     side.scraped ? ", metrics scraped" : "");
}

void await(const Daemon& daemon, unsigned seconds, const std::string& scraped_at) {
  constexpr unsigned kScrapePeriod = 4;  // a Prometheus in a hurry
  for (unsigned i = 1; i <= seconds; ++i) {
    if (!scraped_at.empty() && i % kScrapePeriod == 1 && !ask_daemon(scraped_at, "/metrics"))
      throw std::runtime_error("the daemon's metrics can't be had");
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  daemon.check_alive();
}

/// The resident set, in MiB.
double measure(const Sandbox& sandbox, const Arguments& arguments, const Side& side, Report& report) {
  const auto cgroup = sandbox.cgroup + "/daemon";
  make_cgroup(cgroup);
  const auto socket = side.scraped ? sandbox.data + "/metrics.sock" : "";
  std::vector<std::string> command{copy_of_daemon(sandbox, arguments.daemon),
                                   "--parent",
                                   sandbox.name + "/watched",
                                   "--interval",
                                   "1s",
                                   "--dry-run"};
  if (side.above) command.insert(command.end(), {"--threshold", "1B"});
  if (side.scraped) command.insert(command.end(), {"--metrics", "listen=" + socket});
  const auto usage_file = cgroup + "/" + memory_interface(sandbox.hierarchy.version).usage;
  double rss = 0;
  {
    const Daemon daemon{cgroup, std::move(command)};
    await(daemon, 3, "");  // the first scan opens everything
    const auto cpu = daemon.cpu_seconds();
    await(daemon, arguments.seconds, socket);
    const auto per_scan = (daemon.cpu_seconds() - cpu) / arguments.seconds;
    rss = mib(daemon.status("VmRSS"));
    const auto charged = mib(static_cast<double>(read_number(usage_file)));
    report.add_row({{"watched", name_of(side)},
                    {"VmRSS MiB", Number{rss, 2}},
                    {"VmHWM MiB", Number{mib(daemon.status("VmHWM")), 2}},
                    {"RssAnon MiB", Number{mib(daemon.status("RssAnon")), 2}},
                    {"RssFile MiB", Number{mib(daemon.status("RssFile")), 2}},
                    {"charged MiB", Number{charged, 2}},
                    {"open files", Number{static_cast<double>(daemon.open_files()), 0}},
                    {"CPU ms per scan", Number{per_scan * 1e3, 1}}});
    report.add_bar("resident set, " + name_of(side), rss, Bar::at_most, side.scraped ? 9 : 8, "MiB");
    report.add_bar("charged to its own cgroup, " + name_of(side), charged, Bar::at_most, 16, "MiB");
    report.add_note(fmt::format("{}, charged: {}", name_of(side), parts_of_charge(cgroup)));
  }
  remove_cgroup(cgroup);
  return rss;
}

void run(const Sandbox& sandbox, const Arguments& arguments) {
  raise_limits();
  const auto cgroups = make_watched(sandbox.cgroup + "/watched", arguments.cgroups);
  // One page each, so that a threshold of one byte is passed.
  std::size_t i = 0;
  for (const auto& cgroup : cgroups) {
    const auto file = fmt::format("{}/{}", sandbox.data, i++);
    in_cgroup(cgroup, [&] { write_text(file, std::string(4096, 'x')); });
  }
  ::sync();

  Report report{"footprint", sandbox.hierarchy};
  report.begin_table(fmt::format("the daemon watching {} cgroups at an interval of 1 s", arguments.cgroups));
  measure(sandbox, arguments, {.above = false}, report);
  const auto off = measure(sandbox, arguments, {.above = true}, report);
  const auto on = measure(sandbox, arguments, {.above = true, .scraped = true}, report);
  report.add_note(fmt::format("metrics take {:.2f} MiB of the resident set", on - off));
  report.print(arguments.json);
}

Arguments parse(int argc, char** argv) {
  namespace po = boost::program_options;
  Arguments arguments;
  arguments.daemon = default_daemon();
  po::options_description options{"bench_footprint [DAEMON]"};
  options.add_options()("help", "show this")("daemon", po::value(&arguments.daemon),
                                             "the program (the one of this build)")(
      "cgroups", po::value(&arguments.cgroups), "how many to watch (1000)")(
      "seconds", po::value(&arguments.seconds), "how long to watch, one scan a second (12)")(
      "data", po::value(&arguments.data), "folder for files, on a disk (/var/tmp)")(
      "json", po::bool_switch(&arguments.json), "one JSON document");
  po::positional_options_description positional;
  positional.add("daemon", 1);
  po::variables_map map;
  po::store(po::command_line_parser(argc, argv).options(options).positional(positional).run(), map);
  po::notify(map);
  if (!map.contains("help")) return arguments;
  std::cout << options;
  std::exit(0);
}

}  // namespace
}  // namespace cmm::bench

int main(int argc, char** argv) {
  try {
    const auto arguments = cmm::bench::parse(argc, argv);
    return cmm::bench::run_in_sandbox(arguments.data,
                                      [&](const auto& sandbox) { cmm::bench::run(sandbox, arguments); });
  } catch (const std::exception& error) {
    std::cerr << "bench_footprint: " << error.what() << "\n";
    return 2;
  }
}
