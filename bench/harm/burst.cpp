// SPDX-License-Identifier: Apache-2.0
// How long page faults last in a cgroup that is full of cache which was just written.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "bench/harm/harm.hpp"

namespace cmm::bench::harm {
namespace {

constexpr auto kLimit = MiB(512);
constexpr auto kBurst = MiB(200);
constexpr double kJobSeconds = 3;
constexpr double kPauseSeconds = 2;  // between the job and the burst
constexpr Rule kRule{.threshold = MiB(128), .target = MiB(102), .interval = std::chrono::milliseconds{250}};

/// What fills the cgroup: MiB read and written, by turns.
struct Job {
  std::string title;
  unsigned read;
  unsigned written;
  unsigned rounds;
};

struct Files {
  std::string input;
  std::string output;
};

/// Nothing is synced: when the kernel writes it to the disk is up to the kernel.
void run_job(const Job& job, const Files& files) {
  const UniqueFd output{::open(files.output.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!output) throw std::runtime_error("cannot write " + files.output);
  const std::vector<char> block(MiB(1).count(), 'x');
  Pace pace{job.written / kJobSeconds};
  for (unsigned i = 0; i < job.written; ++i) {
    if (::write(output.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size()))
      throw std::runtime_error("cannot write " + files.output);
    const auto until = (i + 1) * job.read / job.written;
    for (auto part = i * job.read / job.written; part < until; ++part) {
      read_part(files.input, MiB(part).count(), MiB(1).count());
    }
    pace.wait();
  }
}

/// Page by page; how long each first touch takes.
void burst(Histogram& faults) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const map =
      ::mmap(nullptr, kBurst.count(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::runtime_error("no memory for the burst");
  ::madvise(map, kBurst.count(), MADV_NOHUGEPAGE);
  // Waiting for a CPU that others use is no stall.
  const sched_param first{.sched_priority = 1};
  ::sched_setscheduler(0, SCHED_FIFO, &first);
  for (auto* at = static_cast<volatile char*>(map); at < static_cast<char*>(map) + kBurst.count();
       at += page) {
    const auto start = seconds_now();
    *at = 1;
    faults.add(seconds_now() - start);
  }
}

struct Played {
  Bytes cache;  // clean, before the burst
  Bytes dirty;
  std::size_t acts = 0;
  double p999 = 0;
  double worst = 0;
};

Played play(const Setup& setup, const Job& job, const Files& files, Side side) {
  forget(files.input);
  const Place place{setup.sandbox, fmt::format("burst-{}", static_cast<int>(side)), kLimit};
  const Shared<Histogram> faults;
  Diary diary;
  Played played;
  {
    const auto keeper = make_keeper(side, setup.daemon, place, kRule, diary);
    Worker{place, [&] { run_job(job, files); }}.wait();
    sleep_seconds(kPauseSeconds);
    played.cache = place.cache();
    played.dirty = place.dirty();
    Worker{place, [&] { burst(*faults); }}.wait();
  }
  diary.check();
  std::filesystem::remove(files.output);
  played.acts = diary.acts();
  played.p999 = faults->quantile(0.999) * 1e3;
  played.worst = faults->longest() * 1e3;
  return played;
}

double median_of(const std::vector<Played>& rounds, const std::function<double(const Played&)>& of) {
  std::vector<double> values;
  for (const auto& round : rounds) values.push_back(of(round));
  return median(values);
}

/// The sides' rounds take turns. Returns the median worst stall of each side.
std::vector<double> play_job(const Setup& setup, const Job& job, const Files& files, Report& report) {
  std::array<std::vector<Played>, kSides.size()> played;
  for (unsigned i = 0; i < job.rounds; ++i) {
    for (std::size_t side = 0; side < kSides.size(); ++side) {
      played[side].push_back(play(setup, job, files, kSides[side]));
    }
  }
  report.begin_table(fmt::format("{}, then {} allocated; limit {}, threshold {}; medians of {}", job.title,
                                 human(kBurst), human(kLimit), human(kRule.threshold), job.rounds));
  std::vector<double> worst;
  for (std::size_t side = 0; side < kSides.size(); ++side) {
    const auto& rounds = played[side];
    worst.push_back(median_of(rounds, [](const Played& r) { return r.worst; }));
    const auto worst_of_all = std::ranges::max(rounds, {}, &Played::worst).worst;
    report.add_row({{"side", name_of(kSides[side])},
                    {"reclaims", Number{median_of(rounds, [](auto& r) { return double(r.acts); }), 0}},
                    {"clean MiB", Number{median_of(rounds, [](auto& r) { return mib(r.cache); }), 0}},
                    {"dirty MiB", Number{median_of(rounds, [](auto& r) { return mib(r.dirty); }), 0}},
                    {"p99.9 ms", Number{median_of(rounds, [](auto& r) { return r.p999; }), 3}},
                    {"worst ms", Number{worst.back(), 3}},
                    {"worst of all ms", Number{worst_of_all, 3}}});
  }
  return worst;
}

}  // namespace

void play_burst(const Setup& setup, Report& report) {
  const Job mixed{"c: 140 MiB read and 350 MiB written", 140, 350, 3};
  const Job writes{"c, writes alone: 490 MiB written", 0, 490, 1};
  const Files files{setup.sandbox.data + "/input", setup.sandbox.data + "/output"};
  write_clean_file(files.input, MiB(mixed.read).count());
  for (const auto& job : {mixed, writes}) {
    const auto worst = play_job(setup, job, files, report);
    report.add_bar(job.title + ": worst stall, of that without the daemon", worst[1] / worst[0], Bar::at_most,
                   0.2, "");
  }
  std::filesystem::remove(files.input);
}

}  // namespace cmm::bench::harm
