// SPDX-License-Identifier: Apache-2.0
// How soon the daemon leaves a cgroup alone whose cache comes back each time.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>

#include "bench/harm/harm.hpp"

namespace cmm::bench::harm {
namespace {

constexpr auto kLimit = MiB(256);
constexpr auto kFile = MiB(128);
constexpr double kPassesPerSecond = 5;
constexpr Rule kRule{.threshold = MiB(64),
                     .target = MiB(51),
                     .interval = std::chrono::milliseconds{250},
                     .cooldown = std::chrono::milliseconds{500}};
// Doubled after each of five reclaims, the cooldowns up to the top take 31 times the first.
constexpr double kLongEnough = 30;

/// One side: all of them are played at the same time, so that what disturbs one disturbs all.
struct Player {
  Player(const Setup& setup, Side side_)
      : side(side_),
        file(fmt::format("{}/cycle-{}", setup.sandbox.data, static_cast<int>(side))),
        place(setup.sandbox, fmt::format("cycle-{}", static_cast<int>(side)), kLimit) {
    write_clean_file(file, kFile.count());
    forget(file);
  }
  ~Player() { std::filesystem::remove(file); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  Side side;
  std::string file;
  Place place;
  Diary diary;
  Shared<Histogram> passes;
  Shared<std::atomic<unsigned>> done;
};

void read_in_cycles(const Player& player) {
  Pace pace{kPassesPerSecond};
  while (true) {
    const auto start = seconds_now();
    read_part(player.file, 0, kFile.count());
    player.passes->add(seconds_now() - start);
    player.done->fetch_add(1);
    pace.wait();
  }
}

void play(const Setup& setup, std::deque<Player>& players) {
  std::deque<Worker> readers;
  for (auto& player : players) readers.emplace_back(player.place, [&player] { read_in_cycles(player); });
  for (std::size_t i = 0; i < players.size(); ++i) {
    while (players[i].done->load() < 3) readers[i].stay(0.01);
  }
  std::vector<std::unique_ptr<Keeper>> keepers;
  for (auto& player : players) {
    keepers.push_back(make_keeper(player.side, setup.daemon, player.place, kRule, player.diary));
  }
  await_learned(players[1].diary, kRule, kLongEnough);
  keepers.clear();
}

}  // namespace

void play_cycle(const Setup& setup, Report& report) {
  std::deque<Player> players;
  for (const auto side : kSides) players.emplace_back(setup, side);
  const auto start = seconds_now();
  play(setup, players);

  report.begin_table(fmt::format(
      "d: {} read again and again; limit {}, threshold {}, cooldown {} ms, {:.0f} s", human(kFile),
      human(kLimit), human(kRule.threshold), kRule.cooldown.count(), seconds_now() - start));
  for (const auto& player : players) {
    const auto learned = player.diary.learned();
    const auto raise = std::max(1.0, learned.cooldown_seconds / seconds_of(kRule.cooldown));
    report.add_row({{"side", name_of(player.side)},
                    {"reclaims", count_of(player.diary.acts())},
                    {"freed MiB", Number{mib(player.diary.freed())}},
                    {"refaulted MiB", Number{mib(player.place.refaulted())}},
                    {"cooldown x", Number{raise, 0}},
                    {"pass p50 ms", Number{player.passes->quantile(0.5) * 1e3}},
                    {"pass p99 ms", Number{player.passes->quantile(0.99) * 1e3}}});
    if (player.side != Side::daemon) continue;
    const bool at_top = raise >= kTopRaise;
    report.add_bar(at_top ? "d: reclaims until the cooldown was at its top"
                          : "d: reclaims, the cooldown never at its top",
                   static_cast<double>(at_top ? learned.after_acts : player.diary.acts()), Bar::at_most, 5,
                   "");
    report.add_bar("d: learned cooldown, times the one given", raise, Bar::at_least, kTopRaise, "");
  }
}

}  // namespace cmm::bench::harm
