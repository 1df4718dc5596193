// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <utility>

#include "bench/support.hpp"
#include "config/quantity.hpp"

namespace cmm::bench {
namespace {

double seconds_of(clockid_t clock) {
  constexpr double kNanoseconds = 1e-9;
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * kNanoseconds;
}

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    read = UniqueFd{ends[0]};
    write = UniqueFd{ends[1]};
  }
  UniqueFd read;
  UniqueFd write;
};

void serve(const Lane::Work& work, unsigned times, int commands, int answers) {
  char go = 0;
  while (::read(commands, &go, 1) == 1) {
    const auto start = thread_cpu_seconds();
    for (unsigned i = 0; i < times; ++i) work();
    const auto each = (thread_cpu_seconds() - start) / times;
    if (::write(answers, &each, sizeof each) != sizeof each) return;
  }
}

[[noreturn]] void run_lane(const std::function<Lane::Work()>& prepare, unsigned times, int commands,
                           int answers) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    serve(prepare(), times, commands, answers);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  ::_exit(0);
}

}  // namespace

double thread_cpu_seconds() { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }
double seconds_now() { return seconds_of(CLOCK_MONOTONIC); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Lane::Lane(const std::function<Work()>& prepare, unsigned times) {
  Pipe commands;
  Pipe answers;
  std::fflush(stdout);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process for a lane");
  if (pid_ == 0) {
    commands.write.reset();
    run_lane(prepare, times, commands.read.get(), answers.write.get());
  }
  commands_ = std::move(commands.write);
  answers_ = std::move(answers.read);
}

Lane::Lane(Lane&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      commands_(std::move(other.commands_)),
      answers_(std::move(other.answers_)) {}

Lane::~Lane() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

double Lane::round() {
  double each = 0;
  if (::write(commands_.get(), "g", 1) != 1 || ::read(answers_.get(), &each, sizeof each) != sizeof each) {
    throw std::runtime_error("one side of the comparison could not be measured");
  }
  return each;
}

std::vector<double> medians_of(std::span<Lane> lanes, unsigned rounds) {
  for (auto& lane : lanes) lane.round();  // files are opened, buffers grow
  std::vector<std::vector<double>> seconds(lanes.size());
  for (unsigned round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < lanes.size(); ++i) seconds[i].push_back(lanes[i].round());
  }
  std::vector<double> medians;
  for (auto& each : seconds) medians.push_back(median(std::move(each)));
  return medians;
}

Bytes size_of(const std::string& text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) throw std::runtime_error(bytes.error());
  return *bytes;
}

}  // namespace cmm::bench
