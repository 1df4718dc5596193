// SPDX-License-Identifier: Apache-2.0
#include "bench/harm/place.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "cgroupfs/memory_interface.hpp"

namespace cmm::bench::harm {
namespace {

/// The number behind a key of a file of "key value" or "key: value" lines.
std::optional<std::uint64_t> find_value(const std::string& path, std::string_view key) {
  std::istringstream lines{read_text(path)};
  for (std::string name, value; lines >> name >> value;) {
    if (name == key) return std::stoull(value);
  }
  return std::nullopt;
}

[[noreturn]] void run_worker(const std::string& cgroup, const std::function<void()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int code = EXIT_SUCCESS;
  try {
    join_cgroup(cgroup);
    work();
  } catch (const std::exception& error) {
    fmt::print(stderr, "a worker failed: {}\n", error.what());
    code = EXIT_FAILURE;
  }
  ::_exit(code);
}

}  // namespace

Place::Place(const Sandbox& sandbox, std::string name, Bytes limit)
    : sandbox_(sandbox), name_(std::move(name)), cgroup_(sandbox.cgroup + "/" + name_ + "/work") {
  make_cgroup(sandbox.cgroup + "/" + name_, true);
  make_cgroup(cgroup_);
  write_text(cgroup_ + "/" + memory_interface(sandbox.hierarchy.version).limit,
             fmt::format("{}", limit.count()));
}

Bytes Place::dirty() const {
  const auto stat = read_stat(sandbox_, cgroup_);
  return stat.dirty.value_or(Bytes{}) + stat.writeback.value_or(Bytes{});
}

Bytes Place::refaulted() const {
  const bool is_v1 = sandbox_.hierarchy.version == CgroupVersion::v1;
  for (const auto* key : {"workingset_refault_file", "workingset_refault"}) {
    const auto pages = find_value(cgroup_ + "/memory.stat", (is_v1 ? std::string{"total_"} : "") + key);
    if (pages) return Bytes{*pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
  }
  throw std::runtime_error("the kernel doesn't count refaults of cgroups");
}

Worker::Worker(const Place& place, const std::function<void()>& work) {
  std::fflush(stdout);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process for a worker");
  if (pid_ == 0) run_worker(place.cgroup(), work);
}

Worker::~Worker() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Worker::wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, 0), &status, 0);
  if (status != 0) throw std::runtime_error("a worker failed");
}

void Worker::stay(double seconds) const {
  std::this_thread::sleep_for(std::chrono::duration<double>{seconds});
  siginfo_t end{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT);
  if (end.si_pid != 0) throw std::runtime_error("a worker has ended early");
}

Bytes Worker::read_from_disk() const {
  const auto bytes = find_value(fmt::format("/proc/{}/io", pid_), "read_bytes:");
  if (!bytes) throw std::runtime_error("the kernel doesn't count the input of a process");
  return Bytes{*bytes};
}

void* map_shared(std::size_t bytes) {
  void* const pages =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (pages == MAP_FAILED) throw std::runtime_error("no shared memory");
  return pages;
}

void unmap_shared(void* pages, std::size_t bytes) { ::munmap(pages, bytes); }

}  // namespace cmm::bench::harm
