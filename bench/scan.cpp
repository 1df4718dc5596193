// SPDX-License-Identifier: Apache-2.0
// What a scan costs: CPU time per target, beside a loop that does nothing but read each cgroup's memory.stat.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "bench/command_line.hpp"
#include "bench/support.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "daemon/log.hpp"
#include "daemon/log_reporter.hpp"
#include "engine/engine.hpp"

namespace cmm::bench {
namespace {

namespace fs = std::filesystem;

// Some files are not looked at in every scan; so many scans in a row make rounds that cost the same.
constexpr unsigned kScansPerRound = 16;

struct Arguments : CommonArguments {
  std::vector<std::size_t> sizes{100, 1000, 5000};
  std::size_t fake = 0;
  std::size_t fake_base = 1000;
  unsigned rounds = 3;
  unsigned sittings = 21;  // with fewer, verdicts near a bar change from run to run on a shared machine
};

/// Cgroups of one kind below one branch.
struct Group {
  std::string path;  ///< below the mount
  std::vector<std::string> directories;
};

std::string container_name(std::size_t i) { return fmt::format("cri-containerd-{:064x}.scope", i); }
std::string leaf_name(std::size_t i) { return fmt::format("unit-{}.service", i); }
std::string pod_name(std::size_t i) { return fmt::format("kubepods-pod{:032x}.slice", i); }

Group make_group(const Sandbox& sandbox, const std::string& path, std::size_t count,
                 std::string (*name)(std::size_t)) {
  Group group{sandbox.name + "/" + path, {}};
  make_cgroup(sandbox.cgroup + "/" + path, true);
  for (std::size_t i = 0; i < count; ++i) {
    group.directories.push_back(fmt::format("{}/{}/{}", sandbox.cgroup, path, name(i)));
    make_cgroup(group.directories.back());
  }
  return group;
}

/// As Kubernetes arranges them: each container in a pod of its own.
Group make_pods(const Sandbox& sandbox, const std::string& path, std::size_t count) {
  Group group{sandbox.name + "/" + path, {}};
  make_cgroup(sandbox.cgroup + "/" + path, true);
  for (std::size_t i = 0; i < count; ++i) {
    const auto pod = fmt::format("{}/{}/{}", sandbox.cgroup, path, pod_name(i));
    make_cgroup(pod, true);
    group.directories.push_back(pod + "/" + container_name(i));
    make_cgroup(group.directories.back());
  }
  return group;
}

// A cgroup that never held a page would be above no threshold. The files stay: with them the charge would go.
void charge_a_page(const Sandbox& sandbox, const Group& group) {
  const auto folder = sandbox.data + "/" + group.path;
  fs::create_directories(folder);
  std::size_t i = 0;
  for (const auto& cgroup : group.directories) {
    const auto file = fmt::format("{}/{}", folder, i++);
    in_cgroup(cgroup, [&] { write_text(file, std::string(4096, 'x')); });
  }
}

EngineSetup setup_for(const Hierarchy& hierarchy, const std::string& parent) {
  return {.hierarchy = hierarchy,
          .parents = {Parent{parent}},
          .policy = {},
          .ability = {.spares_anon = true, .why_not = {}},
          .dry_run = true};
}

/// On which side of their threshold all cgroups are.
enum class State {
  below,
  above,  ///< … and cooling down after an attempt: memory.stat is read, and nothing else is to be done
  due,    ///< above and not cooling down: what may speak against a reclaim is looked at as well
};

const char* name_of(State state) {
  return state == State::below ? "below" : state == State::above ? "above" : "due";
}

EngineSetup in_state(EngineSetup setup, State state) {
  if (state == State::below) return setup;
  setup.policy.threshold = Bytes{1};
  setup.policy.cooldown = std::chrono::hours{24};
  setup.budget.cpu = std::chrono::hours{24};
  setup.dry_run = state == State::due;
  return setup;
}

/// Scanning as the daemon does it, with all that hangs on a report: looking for something to log, destroying
/// it.
class Scanner {
 public:
  explicit Scanner(EngineSetup setup) : engine_(std::move(setup)) {}

  /// What a scan asks for counts as tried: nothing is freed, and the cooldown begins.
  ScanReport scan() {
    auto scan = engine_.scan(std::chrono::steady_clock::now());
    log_.scanned(scan.report);
    ReclaimOutcome tried;
    tried.started_at = scan.report.at;
    for (const auto& job : scan.jobs) engine_.record(job, tried);
    return std::move(scan.report);
  }

 private:
  Engine engine_;
  LogReporter log_{Settings{}};
};

void check(const ScanReport& report, std::size_t count, bool with_cache) {
  std::size_t right = 0;
  for (const auto& row : report.targets)
    right += row.sample && row.sample->cache.has_value() == with_cache ? 1 : 0;
  if (right == count && report.targets.size() == count) return;
  for (const auto& row : report.targets) {
    const auto* skip = std::get_if<Skip>(&row.decision);
    const auto* unreadable = skip != nullptr ? std::get_if<Unreadable>(skip) : nullptr;
    if (unreadable != nullptr) throw std::runtime_error(unreadable->why.message());
  }
  throw std::runtime_error(
      fmt::format("{} of {} targets, expected {}, are on the wanted side of the threshold", right,
                  report.targets.size(), count));
}

Lane scan_lane(const EngineSetup& setup, std::size_t count, State state) {
  const auto prepare = [=] {
    configure_log(LogLevel::error, LogFormat::text);
    const auto scanner = std::make_shared<Scanner>(setup);
    check(scanner->scan(), count, state != State::below);
    return [scanner] { scanner->scan(); };
  };
  return Lane{prepare, kScansPerRound};
}

/// The floor: one pread of memory.stat for each cgroup, on a descriptor that stays open. Nothing is parsed.
Lane floor_lane(const std::string& file, const std::vector<std::string>& directories) {
  const auto prepare = [&]() -> Lane::Work {
    const auto files = std::make_shared<std::vector<UniqueFd>>();
    for (const auto& directory : directories) {
      files->emplace_back(::open((directory + "/" + file).c_str(), O_RDONLY | O_CLOEXEC));
      if (!files->back()) throw std::runtime_error("cannot open " + directory + "/" + file);
    }
    return [files, buffer = std::array<char, 8192>{}]() mutable {
      for (const auto& each : *files) {
        if (::pread(each.get(), buffer.data(), buffer.size(), 0) <= 0)
          throw std::runtime_error("cannot read memory.stat");
      }
    };
  };
  return Lane{prepare, kScansPerRound};
}

/// One line of the table: what is scanned, in which state.
struct Case {
  std::string cgroups;
  std::string parent;
  std::size_t count;
  State state;
};

double micros(double seconds) { return seconds * 1e6; }

/// What came of one comparison: each lane's cost for one target, the floor's first.
using Sitting = std::vector<double>;

/// All lanes anew: where a process happens to have its pages is worth a tenth of the cost in either
/// direction, for as long as it lives.
Sitting sit(const Sandbox& sandbox, const std::vector<std::string>& directories,
            const std::vector<Case>& cases, unsigned rounds) {
  std::vector<Lane> lanes;
  lanes.push_back(floor_lane(memory_interface(sandbox.hierarchy.version).stat, directories));
  for (const auto& each : cases) {
    const auto setup = in_state(setup_for(sandbox.hierarchy, each.parent), each.state);
    lanes.push_back(scan_lane(setup, each.count, each.state));
  }
  auto costs = medians_of(lanes, rounds);
  costs[0] /= static_cast<double>(directories.size());
  for (std::size_t i = 0; i < cases.size(); ++i) costs[i + 1] /= static_cast<double>(cases[i].count);
  return costs;
}

/// `of` each sitting, in ascending order.
std::vector<double> sorted(const std::vector<Sitting>& sittings,
                           const std::function<double(const Sitting&)>& of) {
  std::vector<double> values;
  for (const auto& sitting : sittings) values.push_back(of(sitting));
  std::ranges::sort(values);
  return values;
}

void measure(const Sandbox& sandbox, const Arguments& arguments, std::size_t size, Report& report) {
  const auto base = fmt::format("scan-{}", size);
  make_cgroup(sandbox.cgroup + "/" + base, true);
  const auto containers = make_group(sandbox, base + "/containers", size / 2, container_name);
  const auto leaves = make_group(sandbox, base + "/leaves", size - size / 2, leaf_name);
  const auto pods = make_pods(sandbox, base + "-pods", size / 2);
  for (const auto* group : {&containers, &leaves, &pods}) charge_a_page(sandbox, *group);
  ::sync();

  std::vector<Case> cases;
  for (const auto state : {State::below, State::above}) {
    cases.push_back({"all", sandbox.name + "/" + base, size, state});
    cases.push_back({"containers", containers.path, containers.directories.size(), state});
    cases.push_back({"leaves", leaves.path, leaves.directories.size(), state});
    cases.push_back({"containers in pods", pods.path, pods.directories.size(), state});
  }
  cases.push_back({"all", sandbox.name + "/" + base, size, State::due});
  auto directories = containers.directories;
  directories.insert(directories.end(), leaves.directories.begin(), leaves.directories.end());

  std::vector<Sitting> sittings;
  for (unsigned i = 0; i < arguments.sittings; ++i) {
    sittings.push_back(sit(sandbox, directories, cases, arguments.rounds));
  }

  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& each = cases[i];
    const auto ratios = sorted(sittings, [&](const Sitting& sitting) { return sitting[i + 1] / sitting[0]; });
    const auto cost = median(sorted(sittings, [&](const Sitting& sitting) { return sitting[i + 1]; }));
    const auto floor = median(sorted(sittings, [](const Sitting& sitting) { return sitting[0]; }));
    report.add_row({{"cgroups", Number{static_cast<double>(each.count), 0}},
                    {"which", each.cgroups},
                    {"threshold", name_of(each.state)},
                    {"scan us", Number{micros(cost), 3}},
                    {"floor us", Number{micros(floor), 3}},
                    {"ratio", Number{median(ratios), 3}},
                    {"least", Number{ratios.front(), 3}},
                    {"most", Number{ratios.back(), 3}}});
    if (each.cgroups != "all" || size != 1000 || each.state == State::due) continue;
    const auto what = fmt::format("scan of 1,000 cgroups, all {} the threshold", name_of(each.state));
    report.add_bar(what, median(ratios), Bar::at_most, each.state == State::above ? 1.35 : 0.35, "x floor");
  }
  remove_cgroup(sandbox.cgroup + "/" + base);
  remove_cgroup(sandbox.cgroup + "/" + base + "-pods");
}

// ---- plain files instead of cgroups ----

constexpr std::size_t kFakeBranch = 500;

void make_fake_cgroup(const fs::path& directory, const MemoryInterface& interface, std::size_t i) {
  fs::create_directory(directory);
  write_text(directory / interface.usage, fmt::format("{}\n", 4096 * (1 + i % 1000)));
  write_text(directory / interface.limit,
             interface.version == CgroupVersion::v1 ? "9223372036854771712\n" : "max\n");
}

/// A tree that looks like a hierarchy with so many targets. memory.stat isn't there: below the threshold
/// nobody may look at it.
EngineSetup make_fake(const Sandbox& sandbox, std::size_t count) {
  const auto version = sandbox.hierarchy.version;
  const auto root = fs::path{sandbox.scratch} / fmt::format("fake-{}", count);
  fs::create_directories(root / "proc");
  write_text(root / "proc/meminfo",
             "MemTotal:       67108864 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nSwapTotal:             0 kB\n");
  for (std::size_t i = 0; i < count; ++i) {
    const auto branch = root / "cgroup/parent" / fmt::format("branch-{}", i / kFakeBranch);
    if (i % kFakeBranch == 0) fs::create_directories(branch);
    make_fake_cgroup(branch / (i % 2 == 0 ? container_name(i) : leaf_name(i)), memory_interface(version), i);
  }
  auto setup = setup_for({version, root / "cgroup"}, "parent");
  setup.root = root;
  return setup;
}

// Two descriptors for each target and each branch.
void note_descriptors(std::size_t count, Report& report) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto wanted = 2 * count + 2 * (count / kFakeBranch) + 512;
  report.add_note(fmt::format(
      "{} descriptors allowed; holding all files of {} cgroups takes {}{}", files.rlim_cur, count, wanted,
      files.rlim_cur < wanted ? ": some were opened and closed in each scan, which is why they cost more"
                              : ""));
}

void measure_fake(const Sandbox& sandbox, const Arguments& arguments, Report& report) {
  const std::array<std::size_t, 2> sizes{arguments.fake_base, arguments.fake};
  std::vector<Lane> lanes;
  for (const auto size : sizes) lanes.push_back(scan_lane(make_fake(sandbox, size), size, State::below));
  auto medians = medians_of(lanes, arguments.rounds);
  report.begin_table("CPU time per target and scan, plain files under tmpfs, all below the threshold");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    medians[i] /= static_cast<double>(sizes[i]);
    report.add_row({{"cgroups", Number{static_cast<double>(sizes[i]), 0}},
                    {"scan us", Number{micros(medians[i]), 3}},
                    {"ratio", Number{medians[i] / medians[0], 3}}});
  }
  report.add_bar(fmt::format("cost per cgroup at {} against {}", sizes[1], sizes[0]), medians[1] / medians[0],
                 Bar::at_most, 1.5, "x");
  note_descriptors(arguments.fake, report);
}

void run(const Sandbox& sandbox, const Arguments& arguments) {
  raise_limits();
  Report report{"scan", sandbox.hierarchy};
  if (arguments.fake > 0) {
    measure_fake(sandbox, arguments, report);
  } else {
    report.begin_table("CPU time per target and scan, beside one pread of memory.stat per cgroup");
    for (const auto size : arguments.sizes) measure(sandbox, arguments, size, report);
  }
  report.print(arguments.json);
}

}  // namespace
}  // namespace cmm::bench

int main(int argc, char** argv) {
  namespace bench = cmm::bench;
  namespace po = boost::program_options;
  bench::Arguments arguments;
  po::options_description own;
  own.add_options()("sizes", po::value(&arguments.sizes)->multitoken(), "how many cgroups (100 1000 5000)")(
      "fake", po::value(&arguments.fake), "plain files: so many cgroups against --fake-base of them")(
      "fake-base", po::value(&arguments.fake_base), "(1000)")("rounds", po::value(&arguments.rounds),
                                                              "in one sitting (3)")(
      "sittings", po::value(&arguments.sittings), "each with new processes; the median counts (21)");
  return bench::run_benchmark(argc, argv, "bench_scan", own, arguments,
                              [&](const auto& sandbox) { bench::run(sandbox, arguments); });
}
