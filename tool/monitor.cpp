// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/make_cgroup.hpp"
#include "cli/time_text.hpp"
#include "config/quantity.hpp"
#include "tool/command.hpp"
#include "tool/failure.hpp"
#include "tool/inspection_text.hpp"
#include "tool/live_view.hpp"
#include "tool/output_option.hpp"
#include "tool/place.hpp"
#include "tool/signal_queue.hpp"
#include "tool/usage_table.hpp"

namespace cmm::tool {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string time_of_day() { return to_utc_text(std::chrono::system_clock::now()); }

Duration duration_option(const CommandWords& given, const char* name, Duration otherwise) {
  if (!given.has(name)) return otherwise;
  return parse_duration_argument(fmt::format("--{}", name), given.value(name));
}

/// The cgroups that were named, each with its children.
std::vector<std::string> with_children(const std::string& mount, const std::vector<std::string>& named) {
  std::vector<std::string> all;
  std::set<std::string> known;
  const auto add = [&](std::string path) {
    if (known.insert(path).second) all.push_back(std::move(path));
  };
  for (const auto& path : named) {
    add(path);
    const auto dir = open_at(AT_FDCWD, fmt::format("{}/{}", mount, path).c_str(), O_PATH | O_DIRECTORY);
    const auto children = dir ? list_child_cgroups(dir->get()) : tl::unexpected{dir.error()};
    if (!children) continue;
    std::vector<std::string> names;
    for (const auto& child : *children) names.push_back(child.name);
    std::ranges::sort(names);
    for (const auto& name : names) add(fmt::format("{}/{}", path, name));
  }
  return all;
}

class Monitor {
 public:
  Monitor(std::vector<std::string> named, Output output)
      : mount_(memory_hierarchy().mount), named_(std::move(named)), output_(output) {}

  /// False: all of them are gone.
  bool sample() {
    std::vector<UsageRow> rows;
    for (const auto& path : with_children(mount_, named_)) {
      if (auto row = watch_.look(path)) rows.push_back(*std::move(row));
    }
    if (rows.empty()) return false;
    output_ == Output::json ? print_json(rows) : print_table(rows);
    return true;
  }

 private:
  void print_table(const std::vector<UsageRow>& rows) {
    // In a file, each line has to say when it was true.
    const auto time = view_.is_terminal() ? std::string{} : time_of_day() + "  ";
    const auto names = view_.is_terminal() ? NameColumn::of(LiveView::columns()) : NameColumn{};
    std::vector<std::string> lines;
    lines.reserve(rows.size());
    for (const auto& row : rows) lines.push_back(time + usage_line(row, names));
    view_.draw(lines, std::string(time.size(), ' ') + usage_heading(names));
  }

  static void print_json(const std::vector<UsageRow>& rows) {
    const auto time = time_of_day();
    for (const auto& row : rows) {
      nlohmann::ordered_json json{{"time", time}};
      json.update(to_json(row.seen));
      json["refaults_per_second"] = row.refaults_per_second
                                        ? nlohmann::ordered_json(row.refaults_per_second->count())
                                        : nlohmann::ordered_json(nullptr);
      fmt::print("{}\n", to_line(json));
    }
    flush_output();
  }

  std::string mount_;
  std::vector<std::string> named_;
  Output output_;
  UsageWatch watch_;
  LiveView view_;
};

/// Throws Failure for one that is still there.
void refuse_without_memory(const Hierarchy& hierarchy, const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    if (cgroup_exists(hierarchy.mount, path)) memory_path(hierarchy, path);
  }
}

/// False: a signal asks to end.
bool sleep_until(Clock::time_point until, const SignalQueue& signals) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    if (left <= milliseconds{0}) return true;
    const auto info = signals.wait(left);
    if (info && asks_to_end(info->si_signo)) return false;
  }
}

int monitor(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto interval = duration_option(given, "interval", std::chrono::seconds{1});
  if (interval < milliseconds{100} || interval > std::chrono::hours{24}) {
    throw usage("--interval: too short or too long; accepted: 100ms to 24h");
  }
  const auto duration = duration_option(given, "duration", Duration::max());
  const auto output = output_of(given);
  const auto hierarchy = memory_hierarchy();
  std::vector<std::string> named;
  for (const auto& word : given.words) named.push_back(memory_path(hierarchy, word));

  const SignalQueue signals;
  Monitor monitor{named, output};
  const auto start = Clock::now();
  for (auto next = start;; next += interval) {
    if (!monitor.sample()) {
      refuse_without_memory(hierarchy, named);
      complain("nothing is left to watch: removed meanwhile");
      return 0;
    }
    // A machine that couldn't keep up leaves looks out, and doesn't stack them.
    next = std::max(next, Clock::now() - interval);
    const bool over = duration != Duration::max() && next + interval - start > duration;
    if (over || !sleep_until(next + interval, signals)) return 0;
  }
}

}  // namespace

Command monitor_command() {
  return {.name = "monitor",
          .arguments = "PATH... [OPTION]...",
          .summary = "Watch cgroups and their children",
          .details =
              "A row for each PATH and each of its children: usage against the effective limit, page cache, "
              "what of "
              "it can be\nfreed, anonymous memory, memory pressure (PSI some avg10; on v1 the node's), cache "
              "that "
              "was read back after\nit had been evicted, and what the kernel had to do. On a terminal the "
              "table is "
              "drawn anew in place; anywhere\nelse lines follow each other. Ctrl-C ends it.",
          .least_words = 1,
          .most_words = 1000,
          .options = {{.name = "interval",
                       .takes = CommandOption::Takes::value,
                       .value_name = "D",
                       .meaning = "Time between two looks. Default: 1s.",
                       .accepted = std::string{duration_forms}},
                      {.name = "duration",
                       .takes = CommandOption::Takes::value,
                       .value_name = "D",
                       .meaning = "End after this; 0 for one look. Default: until it is ended.",
                       .accepted = std::string{duration_forms}},
                      output_option()},
          .run = monitor};
}

}  // namespace cmm::tool
