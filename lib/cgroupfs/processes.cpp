// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <chrono>
#include <ctime>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
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
void add_processes(std::string_view procs, const std::string& cgroup, std::vector<Process>& all) {
  while (!procs.empty()) {
    pid_t pid = 0;
    std::from_chars(procs.data(), procs.data() + procs.size(), pid);
    all.push_back({pid, name_of(pid), cgroup});
    const auto end = procs.find('\n');
    procs.remove_prefix(end == std::string_view::npos ? procs.size() : end + 1);
  }
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
    const auto procs = reader.read_at(AT_FDCWD, fmt::format("{}/{}/cgroup.procs", mount, each).c_str());
    if (procs) {
      add_processes(*procs, each, all);
    } else if (each == path || !is_gone(procs.error())) {
      return failure(procs.error());
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
