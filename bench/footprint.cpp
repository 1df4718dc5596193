// SPDX-License-Identifier: Apache-2.0
// What the daemon itself takes: its resident set, and everything that is charged to a cgroup of its own.
#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "bench/command_line.hpp"
#include "bench/daemon.hpp"
#include "bench/support.hpp"
#include "cgroupfs/memory_interface.hpp"

namespace cmm::bench {
namespace {

namespace fs = std::filesystem;

struct Arguments : CommonArguments {
  std::string daemon = default_daemon();
  std::size_t cgroups = 1000;
  unsigned seconds = 12;
};

constexpr std::size_t kPage = 4096;
// Seconds: the first scan opens everything, and what is above its threshold is reclaimed once.
constexpr unsigned kStart = 6;
constexpr unsigned kScrapePeriod = 4;  // seconds, of a Prometheus in a hurry

/// A cgroup with one page of page cache, so that a threshold of one byte is passed.
struct Watched {
  std::string cgroup;
  std::string file;
};

std::vector<Watched> make_watched(const Sandbox& sandbox, std::size_t count) {
  const auto parent = sandbox.cgroup + "/watched";
  make_cgroup(parent, true);
  std::vector<Watched> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto name =
        i % 2 == 0 ? fmt::format("cri-containerd-{:064x}.scope", i) : fmt::format("unit-{}.service", i);
    all.push_back({parent + "/" + name, fmt::format("{}/{}", sandbox.data, i)});
    make_cgroup(all.back().cgroup);
    in_cgroup(all.back().cgroup, [&] { write_text(all.back().file, std::string(kPage, 'x')); });
  }
  ::sync();
  return all;
}

void read_again(const std::vector<Watched>& all) {
  for (const auto& each : all) {
    in_cgroup(each.cgroup, [&] { read_part(each.file, 0, kPage); });
  }
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

/// The resident set, in MiB.
double measure(const Sandbox& sandbox, const Arguments& arguments, const std::vector<Watched>& watched,
               const Side& side, Report& report) {
  const auto cgroup = sandbox.cgroup + "/daemon";
  make_cgroup(cgroup);
  const auto socket = side.scraped ? sandbox.data + "/metrics.sock" : "";
  std::vector<std::string> command{copy_of_daemon(sandbox, arguments.daemon),
                                   "--parent",
                                   sandbox.name + "/watched",
                                   "--interval",
                                   "1s",
                                   "--cooldown",
                                   "24h"};
  if (side.above) command.insert(command.end(), {"--threshold", "1B"});
  if (side.scraped) command.insert(command.end(), {"--metrics", "listen=" + socket});
  const auto usage_file = cgroup + "/" + memory_interface(sandbox.hierarchy.version).usage;
  double rss = 0;
  {
    const Daemon daemon{sandbox, cgroup, std::move(command)};
    watch(daemon, kStart);
    if (side.above) read_again(watched);
    const auto cpu = daemon.cpu_seconds();
    watch(daemon, arguments.seconds, socket, kScrapePeriod);
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
  const auto watched = make_watched(sandbox, arguments.cgroups);
  Report report{"footprint", sandbox.hierarchy};
  report.begin_table(fmt::format("the daemon watching {} cgroups at an interval of 1 s", arguments.cgroups));
  measure(sandbox, arguments, watched, {.above = false}, report);
  const auto off = measure(sandbox, arguments, watched, {.above = true}, report);
  const auto on = measure(sandbox, arguments, watched, {.above = true, .scraped = true}, report);
  report.add_note(fmt::format("metrics take {:.2f} MiB of the resident set", on - off));
  report.print(arguments.json);
}

}  // namespace
}  // namespace cmm::bench

int main(int argc, char** argv) {
  namespace bench = cmm::bench;
  namespace po = boost::program_options;
  bench::Arguments arguments;
  po::options_description own;
  own.add_options()("daemon", po::value(&arguments.daemon), "the program (the one of this build)")(
      "cgroups", po::value(&arguments.cgroups), "how many to watch (1000)")(
      "seconds", po::value(&arguments.seconds), "how long to watch, one scan a second (12)");
  return bench::run_benchmark(
      argc, argv, "bench_footprint", own, arguments,
      [&](const auto& sandbox) { bench::run(sandbox, arguments); }, "daemon");
}
