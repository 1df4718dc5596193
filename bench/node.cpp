// SPDX-License-Identifier: Apache-2.0
// What the daemon takes of a full Kubernetes node: CPU time at the default interval, and memory.
#include <fmt/format.h>

#include <array>
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
  std::size_t pods = 500;
  std::size_t containers = 3;
  unsigned seconds = 60;
};

constexpr unsigned kScrapePeriod = 15;  // seconds

/// Of the machine's one core, at the default interval.
constexpr double kMostCpuPercent = 0.1;

std::string id_of(std::size_t pod, std::size_t container) {
  return fmt::format("{:032x}{:032x}", pod, container);
}

/// As the kubelet lays a node out with the cgroupfs driver: in each pod a pause container, which has no link,
/// and the others, which have. Each holds a page of cache.
std::string make_node(const Sandbox& sandbox, const Arguments& arguments) {
  const auto logs = sandbox.data + "/containers";
  fs::create_directories(logs);
  const auto kubepods = sandbox.cgroup + "/kubepods";
  constexpr std::array classes{"", "/burstable", "/besteffort"};
  for (const auto* level : classes) make_cgroup(kubepods + level, true);
  for (std::size_t pod = 0; pod < arguments.pods; ++pod) {
    const auto level = fmt::format("{}{}/pod{:032x}", kubepods, classes[pod % classes.size()], pod);
    make_cgroup(level, true);
    for (std::size_t container = 0; container <= arguments.containers; ++container) {
      const auto id = id_of(pod, container);
      const auto cgroup = level + "/" + id;
      make_cgroup(cgroup);
      in_cgroup(cgroup, [&] { write_text(sandbox.data + "/" + id, std::string(4096, 'x')); });
      if (container > 0) {
        fs::create_symlink("/nowhere", fmt::format("{}/app-{}_team-{}_container-{}-{}.log", logs, pod,
                                                   pod % 20, container, id));
      }
    }
  }
  return logs;
}

void measure(const Sandbox& sandbox, const Arguments& arguments, const std::string& logs, bool scraped,
             Report& report) {
  const auto cgroup = sandbox.cgroup + "/daemon";
  make_cgroup(cgroup);
  const auto socket = scraped ? sandbox.data + "/metrics.sock" : "";
  std::vector<std::string> command{copy_of_daemon(sandbox, arguments.daemon), "--parent",
                                   sandbox.name + "/kubepods", "--container-logs", logs};
  if (scraped) command.insert(command.end(), {"--metrics", fmt::format("listen={}", socket)});
  {
    const Daemon daemon{sandbox, cgroup, std::move(command)};
    watch(daemon, 15);  // the first scan opens everything
    const auto before = daemon.cpu_seconds();
    watch(daemon, arguments.seconds, socket, kScrapePeriod);
    const auto percent = (daemon.cpu_seconds() - before) / arguments.seconds * 100;
    const auto name = scraped ? "metrics scraped every 15 s" : "no metrics";
    const auto usage = read_number(cgroup + "/" + memory_interface(sandbox.hierarchy.version).usage);
    report.add_row({{"daemon", name},
                    {"CPU % of a core", Number{percent, 4}},
                    {"VmRSS MiB", Number{mib(daemon.status("VmRSS")), 2}},
                    {"VmHWM MiB", Number{mib(daemon.status("VmHWM")), 2}},
                    {"charged MiB", Number{mib(static_cast<double>(usage)), 2}},
                    {"open files", Number{static_cast<double>(daemon.open_files()), 0}}});
    report.add_note(fmt::format("{}, charged: {}", name, parts_of_charge(cgroup)));
    if (!scraped)
      report.add_bar("CPU at the default interval", percent, Bar::at_most, kMostCpuPercent, "% of a core");
  }
  remove_cgroup(cgroup);
}

void run(const Sandbox& sandbox, const Arguments& arguments) {
  raise_limits();
  const auto logs = make_node(sandbox, arguments);
  Report report{"node", sandbox.hierarchy};
  report.begin_table(fmt::format("a node with {} pods of {} containers and a pause container each",
                                 arguments.pods, arguments.containers));
  measure(sandbox, arguments, logs, false, report);
  measure(sandbox, arguments, logs, true, report);
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
      "pods", po::value(&arguments.pods), "how many (500)")("containers", po::value(&arguments.containers),
                                                            "of each pod (3)")(
      "seconds", po::value(&arguments.seconds), "how long to watch (60)");
  return bench::run_benchmark(argc, argv, "bench_node", own, arguments,
                              [&](const auto& sandbox) { bench::run(sandbox, arguments); });
}
