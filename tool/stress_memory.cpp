// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "config/quantity.hpp"
#include "tool/command.hpp"
#include "tool/confined_process.hpp"
#include "tool/failure.hpp"
#include "tool/live_view.hpp"
#include "tool/load.hpp"
#include "tool/load_size.hpp"
#include "tool/oom.hpp"
#include "tool/place.hpp"
#include "tool/usage_table.hpp"

namespace cmm::tool {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kLookEvery = 1s;
constexpr double kShareBelowLimit = 0.8;

/// The cache of a tmpfs can't be dropped nor written back: it would be no cache at all.
void refuse_tmpfs(const std::string& directory) {
  struct statfs file_system {};
  if (::statfs(directory.c_str(), &file_system) != 0) {
    throw failure(errno_error("look at", directory), "give a directory on a disk with --directory");
  }
  if (static_cast<unsigned long>(file_system.f_type) == TMPFS_MAGIC) {
    throw usage(fmt::format("--directory: {} lies in memory (tmpfs); give one on a disk", directory));
  }
}

bool needs_files(const std::vector<LoadKind>& kinds) {
  return std::ranges::any_of(
      kinds, [](LoadKind kind) { return kind == LoadKind::cache || kind == LoadKind::dirty; });
}

/// One process for each kind of load.
struct Load {
  LoadKind kind;
  Bytes size;
  std::unique_ptr<Progress> progress = std::make_unique<Progress>();
  std::unique_ptr<ConfinedProcess> process = nullptr;
};

class Stress {
 public:
  Stress(std::string path, std::string directory, const SignalQueue& signals)
      : path_(std::move(path)), directory_(std::move(directory)), signals_(signals) {}

  void start(LoadKind kind, Bytes size) {
    auto& load = loads_.emplace_back(Load{.kind = kind, .size = in_whole_pages(size)});
    auto& progress = *load.progress;
    load.process = std::make_unique<ConfinedProcess>(path_, signals_, ConfinedProcess::Life::bound,
                                                     [this, kind, size, &progress] {
                                                       volunteer_for_oom();
                                                       return hold(kind, size, directory_, progress);
                                                     });
  }

  int run(std::optional<Clock::time_point> until) {
    while (true) {
      draw();
      const auto left =
          until ? std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()) : kLookEvery;
      if (left <= 0ms) return 0;
      const auto info = signals_.wait(std::min<std::chrono::milliseconds>(left, kLookEvery));
      // This is how it is meant to be ended.
      if (info && asks_to_end(info->si_signo)) return 0;
      for (auto& load : loads_) {
        if (const auto status = load.process->status()) return ended(load, *status);
      }
    }
  }

 private:
  void draw() {
    const auto row = watch_.look(path_);
    if (!row) return;
    const auto names = view_.is_terminal() ? NameColumn::of(LiveView::columns()) : NameColumn{};
    std::vector<std::string> lines{usage_line(*row, names)};
    for (const auto& load : loads_) {
      lines.push_back(fmt::format("holds {} {} of {}", to_string(load.kind), human(load.progress->get()),
                                  human(load.size)));
    }
    view_.draw(lines, usage_heading(names));
  }

  int ended(const Load& load, int status) {
    const auto kills = oom_kills_since(path_, kills_before_);
    if (kills == 0) {
      throw Failure{ExitCode::failure, fmt::format("the {} load in cgroup '{}' {}", to_string(load.kind),
                                                   path_, load.progress->end_text(status))};
    }
    view_.clear();
    fmt::print("The {} load was killed at {} of {}: {}\n", to_string(load.kind), human(load.progress->get()),
               human(load.size), oom_text(path_, kills));
    return kKilledExitCode;
  }

  std::string path_;
  std::string directory_;
  const SignalQueue& signals_;
  std::vector<Load> loads_;
  UsageWatch watch_;
  LiveView view_;
  std::uint64_t kills_before_ = oom_kills(path_);
};

int stress_memory(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto path = memory_path(memory_hierarchy(), invocation.word(0));
  const auto kinds = parse_load_kinds(given.has("kind") ? given.value("kind") : "anon");
  const auto directory = given.has("directory") ? given.value("directory") : "/var/tmp";
  if (needs_files(kinds)) refuse_tmpfs(directory);
  const auto size = load_size(path, invocation.word_or(1, ""), kShareBelowLimit);
  std::optional<Clock::time_point> until;
  if (const auto text = invocation.word_or(2, ""); !text.empty()) {
    const auto duration = parse_duration_argument("DURATION", text);
    const auto now = Clock::now();
    until = now + std::min<Clock::duration>(duration, Clock::time_point::max() - now);
  }
  const SignalQueue signals;
  Stress stress{path, directory, signals};
  for (const auto kind : kinds) stress.start(kind, Bytes{size.count() / kinds.size()});
  return stress.run(until);
}

}  // namespace

Command stress_memory_command() {
  return {
      .name = "stress-memory",
      .arguments = "PATH [SIZE] [DURATION] [OPTION]...",
      .summary = "Fill a cgroup with memory of several kinds and hold it",
      .details =
          "SIZE is four fifths of the effective limit by default, and shared among the kinds. Without "
          "DURATION "
          "it lasts until\nCtrl-C. Exit code 137: the kernel killed a load.",
      .least_words = 1,
      .most_words = 3,
      .options =
          {{.name = "kind",
            .takes = CommandOption::Takes::value,
            .value_name = "KIND",
            .meaning =
                "anon: anonymous memory. cache: a file of which new parts are read all the "
                "time. dirty: one that is written again and again. shmem: shared memory. mixed: all of them. "
                "Several with commas. Default: anon.",
            .accepted = "anon, cache, dirty, shmem, several of them with commas, or mixed"},
           {.name = "directory",
            .takes = CommandOption::Takes::value,
            .value_name = "DIR",
            .meaning = "Where the files of cache and dirty are made, without a name, so that nothing of "
                       "them is left. Default: /var/tmp.",
            .accepted = "a directory on a disk"}},
      .run = stress_memory};
}

}  // namespace cmm::tool
