// SPDX-License-Identifier: Apache-2.0
// What an embedded database's queries feel once the daemon has learned about it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "bench/harm/harm.hpp"

namespace cmm::bench::harm {
namespace {

namespace fs = std::filesystem;

constexpr auto kLimit = MiB(128);
constexpr int kRows = 196'608;
constexpr int kRowBytes = 960;  // four rows to a page: 192 MiB
constexpr Rule kRule{.threshold = MiB(32), .target = MiB(26)};
constexpr double kThinkSeconds = 100e-6;
constexpr double kLongEnough = 45;
constexpr double kMeasureSeconds = 33;  // a whole cooldown at its top, with one reclaim in it

class Database {
 public:
  Database(const std::string& path, int flags) {
    if (::sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) fail();
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    ::sqlite3_finalize(query_);
    ::sqlite3_close(handle_);
  }

  void execute(const std::string& sql) {
    if (::sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }
  /// Of the one query that is used over and over.
  void prepare(const std::string& sql) {
    if (::sqlite3_prepare_v2(handle_, sql.c_str(), -1, &query_, nullptr) != SQLITE_OK) fail();
  }
  void query(int id) {
    ::sqlite3_bind_int(query_, 1, id);
    if (::sqlite3_step(query_) != SQLITE_ROW) fail();
    if (::sqlite3_column_blob(query_, 0) == nullptr) fail();
    ::sqlite3_reset(query_);
  }

 private:
  [[noreturn]] void fail() { throw std::runtime_error(fmt::format("SQLite: {}", ::sqlite3_errmsg(handle_))); }

  sqlite3* handle_ = nullptr;
  sqlite3_stmt* query_ = nullptr;
};

void make_database(const std::string& path) {
  {
    Database database{path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
    database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096");
    database.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, payload BLOB)");
    database.execute(
        fmt::format("WITH RECURSIVE ids(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids LIMIT {}) "
                    "INSERT INTO rows SELECT id, randomblob({}) FROM ids",
                    kRows, kRowBytes));
  }
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (::fsync(file.get()) != 0) throw std::runtime_error("cannot write " + path);
  forget(path);
}

/// One side: all of them are played at the same time, each with a database of its own, so that what disturbs
/// one disturbs all.
struct Player {
  Player(const Setup& setup, Side side_)
      : side(side_),
        file(fmt::format("{}/database-{}", setup.sandbox.data, static_cast<int>(side))),
        place(setup.sandbox, fmt::format("database-{}", static_cast<int>(side)), kLimit) {
    make_database(file);
  }
  ~Player() { fs::remove(file); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  enum class Phase { filling, learning, measuring };
  Side side;
  std::string file;
  Place place;
  Diary diary;
  Shared<std::atomic<Phase>> phase;
  std::array<Shared<Histogram>, 3> latencies;
};

void query_all_the_time(Player& player) {
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
  Database database{player.file, SQLITE_OPEN_READONLY};
  database.prepare("SELECT payload FROM rows WHERE id = ?");
  std::mt19937_64 random{static_cast<std::uint64_t>(player.side)};
  std::uniform_int_distribution<int> ids{1, kRows};
  while (true) {
    const auto id = ids(random);
    const auto phase = static_cast<std::size_t>(player.phase->load());
    const auto start = seconds_now();
    database.query(id);
    player.latencies[phase]->add(seconds_now() - start);
    sleep_seconds(kThinkSeconds);
  }
}

void set_phase(std::deque<Player>& players, Player::Phase phase) {
  for (auto& player : players) player.phase->store(phase);
}

/// Until the cache is as full as it gets.
void await_full(const std::deque<Player>& players) {
  constexpr double kPatience = 20;
  const auto start = seconds_now();
  const auto is_full = [](const Player& player) { return player.place.cache() > MiB(115); };
  while (!std::ranges::all_of(players, is_full) && seconds_now() - start < kPatience) sleep_seconds(0.1);
}

void play(const Setup& setup, std::deque<Player>& players) {
  std::deque<Worker> workers;
  for (auto& player : players) {
    workers.emplace_back(player.place, [&player] { query_all_the_time(player); });
  }
  await_full(players);
  std::vector<std::unique_ptr<Keeper>> keepers;
  for (auto& player : players) {
    keepers.push_back(make_keeper(player.side, setup.daemon, player.place, kRule, player.diary));
  }
  set_phase(players, Player::Phase::learning);
  await_learned(players[1].diary, kRule, kLongEnough);
  set_phase(players, Player::Phase::measuring);
  sleep_seconds(kMeasureSeconds);
  keepers.clear();
  for (const auto& player : players) player.diary.check();
}

void add_row(Report& report, const Player& player) {
  const auto& learning = *player.latencies[1];
  const auto& measured = *player.latencies[2];
  const auto us = [](const Histogram& histogram, double share) {
    return Number{histogram.quantile(share) * 1e6};
  };
  report.add_row({{"side", name_of(player.side)},
                  {"reclaims", count_of(player.diary.acts())},
                  {"freed MiB", Number{mib(player.diary.freed())}},
                  {"refaulted MiB", Number{mib(player.place.refaulted())}},
                  {"learning p99 us", us(learning, 0.99)},
                  {"p50 us", us(measured, 0.5)},
                  {"p99 us", us(measured, 0.99)},
                  {"p99.9 us", us(measured, 0.999)},
                  {"queries/s", Number{static_cast<double>(measured.count()) / kMeasureSeconds, 0}}});
}

}  // namespace

void play_database(const Setup& setup, Report& report) {
  std::deque<Player> players;
  for (const auto side : kSides) players.emplace_back(setup, side);
  const Bytes size{fs::file_size(players[0].file)};
  play(setup, players);

  report.begin_table(fmt::format("b: random queries to an SQLite database of {}; limit {}, threshold {}",
                                 human(size), human(kLimit), human(kRule.threshold)));
  for (const auto& player : players) add_row(report, player);
  const auto p99 = [&](std::size_t side) { return players[side].latencies[2]->quantile(0.99); };
  report.add_bar("b: p99 of a query, of that without the daemon", p99(1) / p99(0), Bar::at_most, 1.05, "");
  if (players[1].diary.learned().cooldown_seconds == 0) {
    report.add_note("b: the daemon has learned nothing; this is what its reclaims cost at every cooldown");
  }
}

}  // namespace cmm::bench::harm
