// SPDX-License-Identifier: Apache-2.0
// What a reclaim leaves of the files that are in use.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "bench/harm/harm.hpp"

namespace cmm::bench::harm {
namespace {

constexpr auto kLimit = MiB(512);
constexpr auto kHot = MiB(100);
constexpr std::size_t kBlock = std::size_t{16} << 10U;
constexpr unsigned kStreamMiBs = 60;  // each second; far below what the disk gives
constexpr unsigned kSeconds = 15;
constexpr Rule kRule{.threshold = MiB(256), .target = MiB(205)};

struct Files {
  std::string hot;
  std::string stream;
};

struct Progress {
  std::atomic<bool> is_warm = false;
  std::atomic<std::uint64_t> reads = 0;
};

void read_hot(const std::string& path, Progress& progress) {
  for (int i = 0; i < 3; ++i) read_part(path, 0, kHot.count());
  progress.is_warm = true;
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, kBlock> block{};
  std::mt19937_64 random{1};
  std::uniform_int_distribution<std::uint64_t> blocks{0, kHot.count() / kBlock - 1};
  while (true) {
    const auto at = static_cast<off_t>(blocks(random) * kBlock);
    if (::pread(file.get(), block.data(), block.size(), at) != static_cast<ssize_t>(block.size()))
      throw std::runtime_error("cannot read " + path);
    progress.reads.fetch_add(1, std::memory_order_relaxed);
  }
}

void read_stream(const std::string& path) {
  Pace pace{kStreamMiBs};
  for (std::uint64_t i = 0; i < std::uint64_t{kStreamMiBs} * kSeconds; ++i) {
    read_part(path, MiB(i).count(), MiB(1).count());
    pace.wait();
  }
}

struct Played {
  std::size_t acts = 0;
  Bytes freed;
  Bytes refaulted;   // as the kernel counts it
  Bytes read_again;  // of the hot file, from the disk
  double worst = 100;
  double mean = 100;
  double reads_per_second = 0;
  [[nodiscard]] double harm() const {
    const auto again = std::max(refaulted, read_again);
    return freed.count() == 0 ? 0 : mib(again) / mib(freed);
  }
};

Played play(const Setup& setup, const Files& files, Side side) {
  for (const auto& file : {files.hot, files.stream}) forget(file);
  const Place place{setup.sandbox, fmt::format("hot-{}", static_cast<int>(side)), kLimit};
  const Shared<Progress> progress;
  const Worker hot{place, [&] { read_hot(files.hot, *progress); }};
  while (!progress->is_warm) hot.stay(0.01);

  std::vector<double> kept;
  Diary diary{[&] { kept.push_back(resident(files.hot, kHot)); }};
  const auto refaulted = place.refaulted();
  const auto read = hot.read_from_disk();
  const auto reads = progress->reads.load();
  const auto start = seconds_now();
  {
    Worker stream{place, [&] { read_stream(files.stream); }};
    const auto keeper = make_keeper(side, setup.daemon, place, kRule, diary);
    stream.wait();
  }
  diary.check();
  Played played;
  played.acts = diary.acts();
  played.freed = diary.freed();
  played.reads_per_second = static_cast<double>(progress->reads - reads) / (seconds_now() - start);
  played.refaulted = place.refaulted() - refaulted;
  played.read_again = hot.read_from_disk() - read;
  if (kept.empty()) kept.push_back(resident(files.hot, kHot));
  played.worst = *std::ranges::min_element(kept);
  played.mean = 0;
  for (const auto each : kept) played.mean += each / static_cast<double>(kept.size());
  return played;
}

}  // namespace

void play_hot_set(const Setup& setup, Report& report) {
  const Files files{setup.sandbox.data + "/hot", setup.sandbox.data + "/stream"};
  write_clean_file(files.hot, kHot.count());
  write_clean_file(files.stream, MiB(std::uint64_t{kStreamMiBs} * kSeconds).count());

  report.begin_table(
      fmt::format("a: {} read all the time beside a stream of {} MiB/s; limit {}, threshold {}", human(kHot),
                  kStreamMiBs, human(kLimit), human(kRule.threshold)));
  for (const auto side : kSides) {
    const auto played = play(setup, files, side);
    report.add_row({{"side", name_of(side)},
                    {"reclaims", count_of(played.acts)},
                    {"freed MiB", Number{mib(played.freed)}},
                    {"hot kept %, worst", Number{played.worst}},
                    {"hot kept %, mean", Number{played.mean}},
                    {"refaulted MiB", Number{mib(played.refaulted), 2}},
                    {"hot read again MiB", Number{mib(played.read_again), 2}},
                    {"again / freed", Number{played.harm(), 4}},
                    {"hot reads/s", Number{played.reads_per_second, 0}}});
    if (side != Side::daemon) continue;
    report.add_bar("a: hot set in memory right after a reclaim, worst", played.worst, Bar::at_least, 95, "%");
    report.add_bar("a: read again for each byte freed", played.harm(), Bar::at_most, 0.02, "");
    report.add_bar("a: reclaims by the daemon", static_cast<double>(played.acts), Bar::at_least, 3, "");
  }
  for (const auto& file : {files.hot, files.stream}) std::filesystem::remove(file);
}

}  // namespace cmm::bench::harm
