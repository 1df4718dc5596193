// SPDX-License-Identifier: Apache-2.0
// How near to the target a reclaim ends, and whether it spares the files that are in use.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "bench/command_line.hpp"
#include "bench/support.hpp"

namespace cmm::bench {
namespace {

struct Arguments : CommonArguments {
  Bytes hot = MiB(100);
  Bytes cold = MiB(600);
  Bytes target = MiB(250);
  unsigned reads = 5;
  unsigned rounds = 5;
};

struct Files {
  std::string hot;
  std::string cold;
};

/// The hot file again and again, and beside it the cold one once.
void fill(const Files& files, const Arguments& arguments) {
  const auto part = arguments.cold.count() / arguments.reads;
  for (unsigned i = 0; i < arguments.reads; ++i) {
    read_part(files.hot, 0, arguments.hot.count());
    read_part(files.cold, i * part, i + 1 < arguments.reads ? part : arguments.cold.count() - i * part);
  }
}

struct Round {
  Bytes before;
  Bytes after;
  double deviation = 0;  ///< |after - target| in percent of before
  double hot = 0;        ///< percent of the hot file still in memory
  double slices = 1;
  double cpu_ms = 0;
  double took_ms = 0;
};

/// Reclaims and returns how many writes it took.
using Reclaim = std::function<unsigned(const std::string& cgroup, Bytes excess)>;

Round play(const Sandbox& sandbox, const Arguments& arguments, const Files& files, const Reclaim& reclaim) {
  const auto cgroup = sandbox.cgroup + "/filled";
  make_cgroup(cgroup);
  for (const auto& file : {files.hot, files.cold}) forget(file);
  in_cgroup(cgroup, [&] { fill(files, arguments); });

  Round round;
  round.before = reclaimable(sandbox, cgroup);
  std::jthread{[&] {
    const auto start = seconds_now();
    const auto cpu = thread_cpu_seconds();
    round.slices = reclaim(cgroup, round.before - arguments.target);
    round.cpu_ms = (thread_cpu_seconds() - cpu) * 1e3;
    round.took_ms = (seconds_now() - start) * 1e3;
  }}.join();
  // Statistics may lag; the kernel brings them up to date every two seconds.
  std::this_thread::sleep_for(std::chrono::milliseconds{2200});
  round.after = reclaimable(sandbox, cgroup);
  const auto off = static_cast<double>(round.after.count()) - static_cast<double>(arguments.target.count());
  round.deviation = 100.0 * std::abs(off) / static_cast<double>(round.before.count());
  round.hot = resident(files.hot, arguments.hot);
  remove_cgroup(cgroup);
  return round;
}

struct Side {
  std::string name;
  Reclaim reclaim;
  std::vector<Round> rounds;
};

double mib(Bytes bytes) { return static_cast<double>(bytes.count()) / (1024.0 * 1024.0); }

double median_of(const Side& side, const std::function<double(const Round&)>& of) {
  std::vector<double> values;
  for (const auto& round : side.rounds) values.push_back(of(round));
  return median(values);
}

void add_rows(Report& report, const Side& side) {
  const auto add = [&](const std::string& which,
                       const std::function<double(const std::function<double(const Round&)>&)>& of) {
    report.add_row({{"side", side.name},
                    {"round", which},
                    {"before MiB", Number{of([](const Round& r) { return mib(r.before); })}},
                    {"after MiB", Number{of([](const Round& r) { return mib(r.after); })}},
                    {"off target %", Number{of([](const Round& r) { return r.deviation; }), 2}},
                    {"hot kept %", Number{of([](const Round& r) { return r.hot; })}},
                    {"writes", Number{of([](const Round& r) { return r.slices; }), 0}},
                    {"CPU ms", Number{of([](const Round& r) { return r.cpu_ms; })}},
                    {"took ms", Number{of([](const Round& r) { return r.took_ms; })}}});
  };
  for (std::size_t i = 0; i < side.rounds.size(); ++i) {
    add(fmt::format("{}", i + 1), [&](const auto& of) { return of(side.rounds[i]); });
  }
  add("median", [&](const auto& of) { return median_of(side, of); });
}

std::vector<Side> sides(const Sandbox& sandbox, const Arguments& arguments, Reclaimer& reclaimer) {
  const auto plain = [&](std::function<Bytes(Bytes)> amount) {
    return [&sandbox, amount](const std::string& cgroup, Bytes excess) {
      plain_reclaim(sandbox, cgroup, amount(excess));
      return 1U;
    };
  };
  std::vector<Side> sides;
  sides.push_back({"in slices",
                   [&](const std::string& cgroup, Bytes) {
                     const auto job = make_job(sandbox, cgroup, arguments.target);
                     return reclaimer.reclaim(job, std::stop_token{}).slices;
                   },
                   {}});
  if (sandbox.hierarchy.version == CgroupVersion::v1) {
    sides.push_back({"one memory.force_empty", plain([](Bytes excess) { return excess; }), {}});
    return sides;
  }
  sides.push_back({"one memory.reclaim to the target", plain([](Bytes excess) { return excess; }), {}});
  sides.push_back(
      {"one memory.reclaim of all", plain([&](Bytes excess) { return excess + arguments.target; }), {}});
  return sides;
}

void add_bars(Report& report, const Side& ours, bool is_v1) {
  const auto sorted = [&](auto of) {
    std::vector<double> values;
    for (const auto& round : ours.rounds) values.push_back(of(round));
    std::sort(values.begin(), values.end());
    return values;
  };
  report.add_bar("distance from the target, worst round",
                 sorted([](const Round& r) { return r.deviation; }).back(), Bar::at_most, is_v1 ? 10 : 3,
                 "% of the cache before");
  report.add_bar("hot file kept, worst round", sorted([](const Round& r) { return r.hot; }).front(),
                 Bar::at_least, 95, "%");
}

void run(const Sandbox& sandbox, const Arguments& arguments) {
  auto probed = make_reclaimer(sandbox.hierarchy, {Parent{sandbox.name}}, sandbox.scratch);
  if (!probed) throw std::runtime_error(probed.error().message);
  const Files files{sandbox.data + "/hot", sandbox.data + "/cold"};
  const auto writer = sandbox.cgroup + "/writer";
  make_cgroup(writer);
  in_cgroup(writer, [&] {
    write_clean_file(files.hot, arguments.hot.count());
    write_clean_file(files.cold, arguments.cold.count());
  });

  auto all = sides(sandbox, arguments, *probed->reclaimer);
  for (unsigned i = 0; i < arguments.rounds; ++i) {
    for (auto& side : all) side.rounds.push_back(play(sandbox, arguments, files, side.reclaim));
  }
  Report report{"precision", sandbox.hierarchy};
  report.begin_table(fmt::format("{} read {} times beside {} read once, freed down to {}",
                                 human(arguments.hot), arguments.reads, human(arguments.cold),
                                 human(arguments.target)));
  for (const auto& side : all) add_rows(report, side);
  add_bars(report, all.front(), sandbox.hierarchy.version == CgroupVersion::v1);
  report.print(arguments.json);
}

auto above_zero(const char* option) {
  return [option](unsigned value) {
    if (value == 0) throw std::runtime_error(std::string{option} + " must be above 0");
  };
}

}  // namespace
}  // namespace cmm::bench

int main(int argc, char** argv) {
  namespace bench = cmm::bench;
  namespace po = boost::program_options;
  bench::Arguments arguments;
  po::options_description own;
  own.add_options()("hot", bench::size_option(arguments.hot), "size of the file in use (100MiB)")(
      "cold", bench::size_option(arguments.cold), "size of the file read once (600MiB)")(
      "target", bench::size_option(arguments.target), "(250MiB)")(
      "reads", po::value(&arguments.reads)->notifier(bench::above_zero("--reads")),
      "how often the hot file is read (5)")(
      "rounds", po::value(&arguments.rounds)->notifier(bench::above_zero("--rounds")), "(5)");
  return bench::run_benchmark(argc, argv, "bench_precision", own, arguments,
                              [&](const auto& sandbox) { bench::run(sandbox, arguments); });
}
