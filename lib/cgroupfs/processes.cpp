// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <set>
#include <utility>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/parse.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

constexpr auto kPatience = std::chrono::seconds{5};
constexpr timespec kPause{0, 10'000'000};
constexpr int kMostRounds = 100;

std::string name_of(pid_t pid) {
  auto name = read_file("/proc/" + std::to_string(pid) + "/comm");
  if (!name) return {};
  if (name->ends_with('\n')) name->pop_back();
  return *std::move(name);
}

// A process of another pid namespace is listed as 0: it can be neither named nor killed from here.
void add_processes(const std::vector<pid_t>& pids, const std::string& cgroup, std::vector<Process>& all) {
  for (const auto pid : pids) all.push_back({pid, pid > 0 ? name_of(pid) : std::string{}, cgroup});
}

/// What cgroup.procs of one cgroup says. A part of a number would be another process.
Io<std::vector<pid_t>> read_pids(ControlFileReader& reader, const std::string& directory) {
  const auto text = reader.read_at(AT_FDCWD, (directory + "/cgroup.procs").c_str());
  if (!text) return tl::unexpected{text.error()};
  auto pids = parse_pids(*text);
  if (!pids) return tl::unexpected{std::make_error_code(std::errc::bad_message)};
  return *std::move(pids);
}

/// Calls `take(pids, cgroup)` for the cgroup and each one below it.
template <class Take>
Result<void> for_each_list(const std::string& mount, const std::string& path, const Take& take) {
  const auto failure = [&](std::error_code error) {
    return tl::unexpected{Error{error, "read", mount + "/" + path + "/cgroup.procs"}};
  };
  const auto tree = list_cgroup_tree(mount, path);
  if (!tree) return failure(tree.error());
  ControlFileReader reader;
  for (const auto& each : *tree) {
    const auto pids = read_pids(reader, fmt::format("{}/{}", mount, each));
    if (pids) {
      take(*pids, each);
    } else if (each == path || !is_gone(pids.error())) {
      return failure(pids.error());
    }
  }
  return {};
}

Result<std::vector<pid_t>> list_pids(const std::string& mount, const std::string& path) {
  std::vector<pid_t> all;
  return for_each_list(
             mount, path,
             [&](const auto& pids, const auto&) { all.insert(all.end(), pids.begin(), pids.end()); })
      .map([&] { return std::move(all); });
}

Result<void> move_process(pid_t pid, const std::string& to) {
  const auto procs = open_at(AT_FDCWD, to.c_str(), O_WRONLY);
  const auto error = procs ? write_control(procs->get(), std::to_string(pid)) : procs.error();
  // It has ended meanwhile.
  if (!error || error == std::errc::no_such_process) return {};
  return tl::unexpected{Error{error, fmt::format("move process {} to", pid), to}};
}

/// Moves those that are not `done` yet.
Result<void> move_others(const std::vector<pid_t>& pids, const std::string& to, std::set<pid_t>& done) {
  for (const auto pid : pids) {
    if (!done.insert(pid).second) continue;
    auto moved = move_process(pid, to);
    if (!moved) return moved;
  }
  return {};
}

}  // namespace

Result<std::vector<Process>> list_processes(const std::string& mount, const std::string& path) {
  std::vector<Process> all;
  return for_each_list(mount, path,
                       [&](const auto& pids, const auto& cgroup) { add_processes(pids, cgroup, all); })
      .map([&] { return std::move(all); });
}

Result<std::vector<Process>> kill_processes(const std::string& mount, const std::string& path) {
  auto first = list_processes(mount, path);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  auto left = first;
  while (left && !left->empty() && std::chrono::steady_clock::now() < until) {
    for (const auto& process : *left) {
      if (process.pid > 0) ::kill(process.pid, SIGKILL);
    }
    ::nanosleep(&kPause, nullptr);
    left = list_processes(mount, path);
  }
  if (!left) return left;
  return first;
}

Result<bool> can_move_processes(const std::string& from, const std::string& to, const std::string& path) {
  const auto here = list_pids(from, path);
  const auto there = list_pids(to, path);
  if (!here || !there) return tl::unexpected{here ? there.error() : here.error()};
  return std::ranges::count(*here, 0) <= std::ranges::count(*there, 0);
}

Result<void> move_processes(const std::string& from, const std::string& to, const std::string& path) {
  const auto procs = fmt::format("{}/{}/cgroup.procs", to, path);
  const auto there = list_pids(to, path);
  if (!there) return tl::unexpected{there.error()};
  std::set<pid_t> done{there->begin(), there->end()};
  // Written to cgroup.procs, it means whoever writes.
  done.insert(0);
  // What a process starts before its turn is left behind for the next round. None gets a second turn: one
  // that is ending can't be moved, and is listed until it has ended.
  for (int round = 0; round < kMostRounds; ++round) {
    const auto before = done.size();
    auto moved =
        list_pids(from, path).and_then([&](const auto& pids) { return move_others(pids, procs, done); });
    if (!moved || done.size() == before) return moved;
  }
  const auto error = std::make_error_code(std::errc::resource_unavailable_try_again);
  return tl::unexpected{Error{error, "move all processes to", procs}};
}

}  // namespace cmm
