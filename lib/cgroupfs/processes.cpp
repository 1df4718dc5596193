// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <ctime>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/parse.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

constexpr auto kPatience = std::chrono::seconds{5};
constexpr timespec kPause{0, 10'000'000};

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

}  // namespace

Result<std::vector<Process>> list_processes(const std::string& mount, const std::string& path) {
  const auto failure = [&](std::error_code error) {
    return tl::unexpected{Error{error, "read", mount + "/" + path + "/cgroup.procs"}};
  };
  const auto tree = list_cgroup_tree(mount, path);
  if (!tree) return failure(tree.error());
  std::vector<Process> all;
  ControlFileReader reader;
  for (const auto& each : *tree) {
    const auto pids = read_pids(reader, fmt::format("{}/{}", mount, each));
    if (pids) {
      add_processes(*pids, each, all);
    } else if (each == path || !is_gone(pids.error())) {
      return failure(pids.error());
    }
  }
  return all;
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

}  // namespace cmm
