// SPDX-License-Identifier: Apache-2.0
// Whether freeing the cache of one cgroup holds up everybody else's: how long it takes to remove that cgroup
// in the middle, and to make and remove unrelated ones meanwhile.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>

#include "bench/command_line.hpp"
#include "bench/support.hpp"
#include "cgroupfs/memory_interface.hpp"

namespace cmm::bench {
namespace {

namespace fs = std::filesystem;

struct Arguments : CommonArguments {
  Bytes size = GiB(2);
  unsigned rounds = 3;
};

/// The longest of many, in seconds.
struct Longest {
  double make = 0;
  double remove = 0;
};

/// Makes and removes a cgroup that has nothing to do with the others, as fast as it goes, on a thread of its
/// own.
class Bystander {
 public:
  explicit Bystander(std::string path)
      : path_(std::move(path)), thread_([this](const auto& stop) { run(stop); }) {}

  Longest finish() {
    thread_.request_stop();
    thread_.join();
    return longest_;
  }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto start = seconds_now();
      ::mkdir(path_.c_str(), 0755);
      const auto made = seconds_now();
      ::rmdir(path_.c_str());
      longest_.make = std::max(longest_.make, made - start);
      longest_.remove = std::max(longest_.remove, seconds_now() - made);
      std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
  }

  std::string path_;
  Longest longest_;
  std::jthread thread_;
};

struct Round {
  double remove = 0;  ///< of the cgroup that is being reclaimed
  Longest bystander;
  double reclaim = 0;
  double left = 0;  ///< cache that was still there when it was removed, as a share
};

/// What one side does to a cgroup until it returns.
using Reclaim = std::function<void(const std::string& cgroup)>;

void await_half(const std::string& usage_file, std::uint64_t start, const std::atomic<bool>& ended) {
  while (!ended && read_number(usage_file) > start / 2)
    std::this_thread::sleep_for(std::chrono::microseconds{100});
}

double timed_rmdir(const std::string& path) {
  const auto start = seconds_now();
  if (::rmdir(path.c_str()) != 0) throw std::system_error(errno, std::generic_category(), "rmdir " + path);
  return seconds_now() - start;
}

Round play(const Sandbox& sandbox, const Arguments& arguments, const Reclaim& reclaim) {
  const auto victim = sandbox.cgroup + "/victim";
  const auto file = sandbox.data + "/cache";
  make_cgroup(victim);
  in_cgroup(victim, [&] { write_clean_file(file, arguments.size.count()); });

  const auto usage_file = victim + "/" + memory_interface(sandbox.hierarchy.version).usage;
  const auto usage = read_number(usage_file);
  Round round;
  std::atomic<bool> ended = false;
  Bystander bystander{sandbox.cgroup + "/bystander"};
  std::jthread worker{[&] {
    const auto start = seconds_now();
    reclaim(victim);
    round.reclaim = seconds_now() - start;
    ended = true;
  }};
  await_half(usage_file, usage, ended);
  const bool in_time = !ended;
  round.left = static_cast<double>(read_number(usage_file)) / static_cast<double>(usage);
  round.remove = timed_rmdir(victim);
  worker.join();
  round.bystander = bystander.finish();
  fs::remove(file);
  if (!in_time)
    throw std::runtime_error("the reclaim had ended before the cgroup could be removed: --size is too small");
  return round;
}

/// The same machine without any reclaim: what the figures would be at best.
Longest idle(const Sandbox& sandbox) {
  Bystander bystander{sandbox.cgroup + "/bystander"};
  std::this_thread::sleep_for(std::chrono::seconds{1});
  return bystander.finish();
}

struct Side {
  std::string name;
  Reclaim reclaim;
  std::vector<Round> rounds;
};

template <class Of>
std::vector<double> millis(const Side& side, Of of) {
  std::vector<double> values;
  for (const auto& round : side.rounds) values.push_back(of(round) * 1e3);
  return values;
}

void add_figure(Report& report, const Side& side, const std::string& what,
                const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  report.add_row({{"side", side.name},
                  {"what", what},
                  {"min ms", Number{*least, 2}},
                  {"median ms", Number{median(values), 2}},
                  {"max ms", Number{*most, 2}}});
}

void tell(Report& report, const Side& side, bool judged) {
  const auto remove = millis(side, [](const Round& round) { return round.remove; });
  const auto others_make = millis(side, [](const Round& round) { return round.bystander.make; });
  const auto others_remove = millis(side, [](const Round& round) { return round.bystander.remove; });
  add_figure(report, side, "rmdir of the cgroup", remove);
  add_figure(report, side, "longest unrelated mkdir", others_make);
  add_figure(report, side, "longest unrelated rmdir", others_remove);
  add_figure(report, side, "reclaim until its end",
             millis(side, [](const Round& round) { return round.reclaim; }));
  if (!judged) return;
  constexpr double kBar = 25;
  const auto worst = [](const auto& values) { return *std::max_element(values.begin(), values.end()); };
  report.add_bar("rmdir of the cgroup, longest of all rounds", worst(remove), Bar::at_most, kBar, "ms");
  report.add_bar("unrelated mkdir, longest of all rounds", worst(others_make), Bar::at_most, kBar, "ms");
  report.add_bar("unrelated rmdir, longest of all rounds", worst(others_remove), Bar::at_most, kBar, "ms");
}

void add_ratio(Report& report, const Side& ours, const Side& plain) {
  const auto of = [](const Side& side) {
    return median(millis(side, [](const Round& r) { return r.remove; }));
  };
  report.add_note(
      fmt::format("rmdir of the cgroup takes 1/{:.0f} of what it takes beside one plain write (medians)",
                  of(plain) / of(ours)));
}

void run(const Sandbox& sandbox, const Arguments& arguments) {
  auto probed = make_reclaimer(sandbox.hierarchy, {Parent{sandbox.name}}, sandbox.scratch);
  if (!probed) throw std::runtime_error(probed.error().message);
  const bool is_v1 = sandbox.hierarchy.version == CgroupVersion::v1;
  Side ours{"in slices", {}, {}};
  ours.reclaim = [&](const std::string& cgroup) {
    probed->reclaimer->reclaim(make_job(sandbox, cgroup, Bytes{}), std::stop_token{});
  };
  Side plain{is_v1 ? "one memory.force_empty" : "one memory.reclaim", {}, {}};
  plain.reclaim = [&](const std::string& cgroup) { plain_reclaim(sandbox, cgroup, arguments.size); };

  const auto alone = idle(sandbox);
  for (unsigned i = 0; i < arguments.rounds; ++i) {
    for (auto* side : {&ours, &plain}) side->rounds.push_back(play(sandbox, arguments, side->reclaim));
  }

  Report report{"freeze", sandbox.hierarchy};
  report.begin_table(
      fmt::format("{} of clean page cache being freed, the cgroup removed in the middle; {} rounds",
                  human(arguments.size), arguments.rounds));
  tell(report, ours, true);
  tell(report, plain, false);
  add_ratio(report, ours, plain);
  report.add_note(
      fmt::format("without any reclaim, within a second: longest mkdir {:.2f} ms, longest rmdir {:.2f} ms",
                  alone.make * 1e3, alone.remove * 1e3));
  const auto left = [](const Side& side) {
    std::string text;
    for (const auto& round : side.rounds)
      text += fmt::format("{}{:.0f} %", text.empty() ? "" : ", ", round.left * 100);
    return text;
  };
  report.add_note("cache left when the cgroup was removed: " + left(ours) + " in slices; " + left(plain) +
                  " plain");
  if (std::getenv("CMM_TEST_ENVIRONMENT") != nullptr) {
    report.add_note("the bars are those of a real machine; times in an emulated one are inflated");
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
  own.add_options()("size", bench::size_option(arguments.size), "page cache to be freed (2GiB)")(
      "rounds", po::value(&arguments.rounds), "(3)");
  return bench::run_benchmark(argc, argv, "bench_freeze", own, arguments,
                              [&](const auto& sandbox) { bench::run(sandbox, arguments); });
}
