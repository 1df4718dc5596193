// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "cgroupfs/inspect.hpp"
#include "config/text.hpp"
#include "tool/command.hpp"
#include "tool/confined_process.hpp"
#include "tool/failure.hpp"
#include "tool/inspection_text.hpp"
#include "tool/live_view.hpp"
#include "tool/load.hpp"
#include "tool/load_size.hpp"
#include "tool/oom.hpp"
#include "tool/place.hpp"
#include "tool/scratch_cgroup.hpp"

namespace cmm::tool {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kTick = 200ms;
// No step further for so long, with memory.high passed again and again: it won't get on.
constexpr auto kStandstill = 5s;
// Past the limit, so that it is met.
constexpr double kShareOverLimit = 1.25;

std::uint64_t throttled(const std::string& path) {
  const auto seen = inspect(memory_hierarchy(), path);
  return seen ? seen->events.high.value_or(0) : 0;
}

/// How far it has come, and since when it hasn't got on by a hundredth.
class Advance {
 public:
  explicit Advance(Bytes goal) : step_(goal.count() / 100) {}

  void see(Bytes now) {
    if ((now - seen_).count() <= step_) return;
    seen_ = now;
    since_ = Clock::now();
  }
  [[nodiscard]] bool stands() const { return Clock::now() - since_ > kStandstill; }

 private:
  std::uint64_t step_;
  Bytes seen_;
  Clock::time_point since_ = Clock::now();
};

/// One test of one cgroup.
class MemoryTest {
 public:
  MemoryTest(std::string path, Bytes size, const SignalQueue& signals)
      : path_(std::move(path)), size_(size), signals_(signals) {}

  int run() {
    ConfinedProcess child{path_, signals_, ConfinedProcess::Life::bound, [this] {
                            volunteer_for_oom();
                            return grow_anonymous(size_, progress_);
                          }};
    while (true) {
      const auto info = signals_.wait(kTick);
      if (info && asks_to_end(info->si_signo)) return interrupted(info->si_signo);
      if (const auto status = child.status()) return ended(*status);
      if (progress_.get() >= size_) return reached();
      if (has_been_throttled()) return stands_still();
      draw();
    }
  }

 private:
  bool has_been_throttled() {
    advance_.see(progress_.get());
    if (!throttled_from_ && throttled(path_) > throttled_before_) throttled_from_ = progress_.get();
    return throttled_from_ && advance_.stands();
  }

  void draw() {
    view_.draw({fmt::format("{} of {} touched{}", human(progress_.get()), human(size_),
                            throttled_from_ ? ", throttled" : "")});
  }

  void result(const std::string& text) {
    view_.clear();
    fmt::print("{}\n", text);
  }

  int reached() {
    result(
        fmt::format("Reached {}: all of it was touched in cgroup '{}'{}", human(size_), printable(path_),
                    throttled_from_ ? fmt::format("; throttled from {} on", human(*throttled_from_)) : ""));
    return 0;
  }

  int stands_still() {
    result(fmt::format(
        "Throttled: stands at {} of {} in cgroup '{}', slowed down from {} on (memory.high; events: "
        "high {})",
        human(progress_.get()), human(size_), printable(path_), human(*throttled_from_), throttled(path_)));
    return static_cast<int>(ExitCode::failure);
  }

  int ended(int status) {
    const auto kills = oom_kills_since(path_, kills_before_);
    if (kills == 0) {
      throw Failure{ExitCode::failure, fmt::format("the test in cgroup '{}' at {} {}", path_,
                                                   human(progress_.get()), progress_.end_text(status))};
    }
    result(
        fmt::format("Killed at {} of {}: {}", human(progress_.get()), human(size_), oom_text(path_, kills)));
    return kKilledExitCode;
  }

  int interrupted(int signal) {
    result(fmt::format("Ended at {} of {}", human(progress_.get()), human(size_)));
    return 128 + signal;
  }

  std::string path_;
  Bytes size_;
  const SignalQueue& signals_;
  Progress progress_;
  LiveView view_;
  Advance advance_{size_};
  std::uint64_t kills_before_ = oom_kills(path_);
  std::uint64_t throttled_before_ = throttled(path_);
  std::optional<Bytes> throttled_from_;
};

int test_existing(const Invocation& invocation, const SignalQueue& signals) {
  if (invocation.given.words.empty())
    throw usage("test-memory: name a cgroup, or give --memory-max to make one");
  const auto path = memory_path(memory_hierarchy(), invocation.word(0));
  return MemoryTest{path, load_size(path, invocation.word_or(1, ""), kShareOverLimit), signals}.run();
}

int test_in_new(const Invocation& invocation, const SignalQueue& signals) {
  if (invocation.given.words.size() > 1) {
    throw usage("test-memory: with --memory-max the cgroup is made for the test; give no PATH");
  }
  ScratchLimits limits;
  limits.memory_max = parse_limit_argument("--memory-max", invocation.given.value("memory-max"));
  ScratchCgroup cgroup{ScratchCgroup::name_for("test"), limits};
  const auto size = load_size(cgroup.path(), invocation.word_or(0, ""), kShareOverLimit);
  const int code = MemoryTest{cgroup.path(), size, signals}.run();
  cgroup.remove();
  return code;
}

int test_memory(const Invocation& invocation) {
  const SignalQueue signals;
  return invocation.given.has("memory-max") ? test_in_new(invocation, signals)
                                            : test_existing(invocation, signals);
}

}  // namespace

Command test_memory_command() {
  return {.name = "test-memory",
          .arguments = "PATH [SIZE] | --memory-max BYTES [SIZE]",
          .summary = "Grow anonymous memory in a cgroup until the kernel stops it",
          .details =
              "Every page is written to. SIZE is a quarter more than the effective limit by default. With "
              "--memory-max a\ncgroup is made for the test and removed after it.\nExit code 0: SIZE was "
              "reached. 137: "
              "the kernel killed it. 1: it was throttled and didn't get on.",
          .least_words = 0,
          .most_words = 2,
          .options = {{.name = "memory-max",
                       .takes = CommandOption::Takes::value,
                       .value_name = "BYTES",
                       .meaning = "Make a cgroup with this limit for the test.",
                       .accepted = "a size, or max"}},
          .run = test_memory};
}

}  // namespace cmm::tool
