// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/unique_fd.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/reclaimer.hpp"
#include "model/memory_stat.hpp"

// What the benchmarks share: cgroups and files of their own, measuring, printing. Whatever makes measuring
// impossible is thrown as a std::exception.

namespace cmm::bench {

// ---- a place of one's own ----

/// The one cgroup below which a run makes all of its cgroups, and the folders for its files.
struct Sandbox {
  Hierarchy hierarchy;
  std::string name;     ///< "cmm-bench-<pid>": the cgroup's path below the mount
  std::string cgroup;   ///< its directory
  std::string data;     ///< on the file system whose page cache is used
  std::string scratch;  ///< on tmpfs
};

/// Runs `body` in a process of its own and removes everything afterwards, however it ended: a signal to this
/// process ends the body first. Returns the exit code for main: 0 unless nothing could be measured.
int run_in_sandbox(const std::string& data_parent, const std::function<void(const Sandbox&)>& body);

/// Makes a cgroup; where `for_children`, one whose children have the memory controller too.
void make_cgroup(const std::string& path, bool for_children = false);
/// Ends what runs in the cgroup and below, then removes all of it.
void remove_cgroup(const std::string& path);

/// Moves the calling process.
void join_cgroup(const std::string& path);
/// Runs `work` in a child process inside the cgroup, and waits for it.
void in_cgroup(const std::string& path, const std::function<void()>& work);

/// A number that stands alone in a file.
std::uint64_t read_number(const std::string& path);
std::string read_text(const std::string& path);
void write_text(const std::string& path, std::string_view text);

/// Clean page cache: writes so many bytes to a new file, and waits for the disk to have them.
void write_clean_file(const std::string& path, std::uint64_t bytes);

/// Reads so much of a file from an offset on.
void read_part(const std::string& path, std::uint64_t from, std::uint64_t bytes);
/// Drops its clean pages, so that they are charged to the one who reads it next.
void forget(const std::string& path);
/// The share of the file's pages that are in memory, in percent.
double resident(const std::string& path, Bytes size);

/// "2GiB" on a command line.
Bytes size_of(const std::string& text);

/// The daemon of the same build as the benchmark that asks.
std::string default_daemon();

/// As many open files as the process may have, above the hard limit where it is privileged to.
void raise_limits();

// ---- memory ----

MemoryStat read_stat(const Sandbox& sandbox, const std::string& cgroup);
Bytes reclaimable(const Sandbox& sandbox, const std::string& cgroup);

/// A job for this project's own reclaimer.
ReclaimJob make_job(const Sandbox& sandbox, const std::string& cgroup, Bytes target);
/// The one write that a simple tool would do: `echo 1 > memory.force_empty` (v1, which knows no amount), or
/// `bytes` to memory.reclaim (v2). Whatever it returns.
void plain_reclaim(const Sandbox& sandbox, const std::string& cgroup, Bytes bytes);

// ---- time ----

double thread_cpu_seconds();
double seconds_now();
/// Of a list that isn't empty.
double median(std::vector<double> values);

/// A process that does one thing over and over and tells how much CPU time it took. Each has descriptors of
/// its own, so that two sides of a comparison don't take them from each other.
class Lane {
 public:
  using Work = std::function<void()>;
  /// `prepare` runs in that process and returns what is to be measured, `times` of it in a round.
  Lane(const std::function<Work()>& prepare, unsigned times);
  Lane(Lane&& other) noexcept;
  Lane& operator=(Lane&&) = delete;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();

  /// One round: CPU seconds for each time.
  double round();

 private:
  int pid_ = 0;  // none in a lane that was moved from
  UniqueFd commands_;
  UniqueFd answers_;
};

/// The median of each lane's rounds. The lanes take turns, so that a slow spell of the machine hits all.
std::vector<double> medians_of(std::span<Lane> lanes, unsigned rounds);

// ---- printing ----

struct Number {
  double value = 0;
  int decimals = 1;
};

struct Cell {
  std::string column;
  std::variant<std::string, Number> value;
};

enum class Bar { at_most, at_least };

/// Collects what was measured, and prints it as tables for people or as one JSON document.
class Report {
 public:
  Report(std::string bench, const Hierarchy& hierarchy);

  void begin_table(std::string title);
  /// All rows of a table have the same columns.
  void add_row(std::vector<Cell> row);
  void add_bar(std::string what, double value, Bar kind, double bar, std::string unit);
  void add_note(std::string note) { notes_.push_back(std::move(note)); }

  void print(bool json) const;

 private:
  struct Table {
    std::string title;
    std::vector<std::vector<Cell>> rows;
  };
  struct Judged {
    std::string what;
    double value;
    Bar kind;
    double bar;
    std::string unit;
    [[nodiscard]] bool passed() const { return kind == Bar::at_most ? value <= bar : value >= bar; }
  };
  void print_for_people() const;
  void print_json() const;

  std::string bench_;
  std::string environment_;
  std::vector<Table> tables_;
  std::vector<Judged> bars_;
  std::vector<std::string> notes_;
};

}  // namespace cmm::bench
