// SPDX-License-Identifier: Apache-2.0
#include "bench/harm/keeper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "cgroupfs/memory_interface.hpp"

namespace cmm::bench::harm {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

[[noreturn]] void exec_daemon(std::vector<std::string> command, int log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

/// The real daemon, whose log comes through a pipe: a file of it would be page cache.
class DaemonKeeper : public Keeper {
 public:
  DaemonKeeper(const std::string& daemon, const Place& place, const Rule& rule, Diary& diary) {
    const auto runtime = place.sandbox().scratch + "/" + place.name();
    fs::create_directories(runtime);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    log_ = UniqueFd{ends[0]};
    const UniqueFd write_end{ends[1]};
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process for the daemon");
    if (pid_ == 0) {
      ::setenv("RUNTIME_DIRECTORY", runtime.c_str(), 1);
      exec_daemon(command_line(daemon, place, rule), write_end.get());
    }
    reader_ = std::jthread{[this, &diary](const std::stop_token& stop) { read_log(stop, diary); }};
  }
  ~DaemonKeeper() override {
    reader_.request_stop();
    ::kill(pid_, SIGTERM);
    reader_.join();
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  static std::vector<std::string> command_line(const std::string& daemon, const Place& place,
                                               const Rule& rule) {
    return {daemon,
            "--parent",
            place.parent(),
            "--threshold",
            fmt::format("{}B", rule.threshold.count()),
            "--target",
            fmt::format("{}B", rule.target.count()),
            "--interval",
            fmt::format("{}ms", rule.interval.count()),
            "--cooldown",
            fmt::format("{}ms", rule.cooldown.count())};
  }

  void read_log(const std::stop_token& stop, Diary& diary) {
    std::string text;
    std::string last;
    std::array<char, 4096> block{};
    for (ssize_t n = 0; (n = ::read(log_.get(), block.data(), block.size())) > 0;) {
      text.append(block.data(), static_cast<std::size_t>(n));
      for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
        last = text.substr(0, end);
        text.erase(0, end + 1);
        read_log_line(last, diary);
      }
    }
    if (!stop.stop_requested()) diary.fail("the daemon has ended early; its last words: " + last);
  }

  pid_t pid_ = 0;
  UniqueFd log_;
  std::jthread reader_;
};

/// Whenever the cache is over the threshold and the cooldown is over: everything, in one write.
class FlushKeeper : public Keeper {
 public:
  FlushKeeper(const Place& place, const Rule& rule, Diary& diary)
      : thread_{[&place, rule, &diary](const std::stop_token& stop) { keep(stop, place, rule, diary); }} {}

 private:
  static void keep(const std::stop_token& stop, const Place& place, const Rule& rule, Diary& diary) {
    try {
      auto cooled = steady_clock::now();
      for (auto scan = cooled; !stop.stop_requested(); std::this_thread::sleep_until(scan += rule.interval)) {
        if (steady_clock::now() < cooled || place.cache() < rule.threshold) continue;
        cooled = steady_clock::now() + rule.cooldown;
        diary.add_act(flush(place));
      }
    } catch (const std::exception& error) {
      diary.fail(error.what());
    }
  }

  static Bytes flush(const Place& place) {
    const auto& sandbox = place.sandbox();
    const auto usage = place.cgroup() + "/" + memory_interface(sandbox.hierarchy.version).usage;
    const Bytes before{read_number(usage)};
    plain_reclaim(sandbox, place.cgroup(), before);
    return before - Bytes{read_number(usage)};
  }

  std::jthread thread_;
};

}  // namespace

std::string name_of(Side side) {
  switch (side) {
    case Side::alone:
      return "alone";
    case Side::daemon:
      return "daemon";
    case Side::flush:
      return "full flush";
  }
  return {};
}

std::unique_ptr<Keeper> make_keeper(Side side, const std::string& daemon, const Place& place,
                                    const Rule& rule, Diary& diary) {
  if (side == Side::daemon) return std::make_unique<DaemonKeeper>(daemon, place, rule, diary);
  if (side == Side::flush) return std::make_unique<FlushKeeper>(place, rule, diary);
  return std::make_unique<Keeper>();
}

}  // namespace cmm::bench::harm
