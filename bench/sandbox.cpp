// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "bench/support.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "cgroupfs/parse.hpp"
#include "daemon/startup.hpp"

namespace cmm::bench {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

UniqueFd open_file(const std::string& path, int flags) {
  UniqueFd fd{::open(path.c_str(), flags | O_CLOEXEC, 0600)};
  if (!fd) fail(path);
  return fd;
}

Sandbox plan_sandbox(const std::string& data_parent) {
  auto hierarchy = find_memory_hierarchy();
  if (!hierarchy) throw std::runtime_error(hierarchy.error().message);
  const auto name = fmt::format("cmm-bench-{}", ::getpid());
  auto cgroup = hierarchy->mount + "/" + name;
  return {std::move(*hierarchy), name, std::move(cgroup), data_parent + "/" + name, "/dev/shm/" + name};
}

void make_sandbox(const Sandbox& sandbox) {
  make_cgroup(sandbox.cgroup, true);
  fs::create_directories(sandbox.data);
  fs::create_directories(sandbox.scratch);
  const auto usage = sandbox.cgroup + "/" + memory_interface(sandbox.hierarchy.version).usage;
  if (!fs::exists(usage))
    throw std::runtime_error(usage + " does not exist: cgroup.subtree_control above has no memory");
}

void remove_sandbox(const Sandbox& sandbox) {
  remove_cgroup(sandbox.cgroup);
  std::error_code ignored;
  fs::remove_all(sandbox.data, ignored);
  fs::remove_all(sandbox.scratch, ignored);
}

[[noreturn]] void run_body(const std::function<void()>& body) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int code = EXIT_SUCCESS;
  try {
    body();
  } catch (const std::exception& error) {
    fmt::print(stderr, "could not measure: {}\n", error.what());
    code = EXIT_FAILURE;
  }
  std::fflush(stdout);
  ::_exit(code);
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

pid_t fork_or_throw() {
  std::fflush(stdout);
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) fail("waitpid");
  }
  return exit_code(status);
}

// A reclaim in the kernel ends at a deadly signal, so the body is gone soon after it was told to go.
int guard(pid_t body, const sigset_t& signals) {
  while (true) {
    const int signal = ::sigwaitinfo(&signals, nullptr);
    if (signal == SIGCHLD) return wait_for(body);
    if (signal > 0) ::kill(body, SIGKILL);
  }
}

void kill_members(const std::string& cgroup) {
  std::FILE* file = std::fopen((cgroup + "/cgroup.procs").c_str(), "re");
  if (file == nullptr) return;
  int pid = 0;
  while (std::fscanf(file, "%d", &pid) == 1) ::kill(pid, SIGKILL);
  std::fclose(file);
}

bool try_remove(const fs::path& cgroup) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{cgroup, error}) {
    if (entry.is_directory(error)) try_remove(entry.path());
  }
  if (::rmdir(cgroup.c_str()) == 0 || errno == ENOENT) return true;
  kill_members(cgroup);
  return false;
}

}  // namespace

int run_in_sandbox(const std::string& data_parent, const std::function<void(const Sandbox&)>& body) {
  sigset_t signals;
  sigset_t before;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  try {
    const auto sandbox = plan_sandbox(data_parent);
    const pid_t pid = fork_or_throw();
    if (pid == 0) {
      ::sigprocmask(SIG_SETMASK, &before, nullptr);
      run_body([&] {
        make_sandbox(sandbox);
        body(sandbox);
      });
    }
    const int code = guard(pid, signals);
    remove_sandbox(sandbox);
    return code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "could not measure: {}\n", error.what());
    return EXIT_FAILURE;
  }
}

void make_cgroup(const std::string& path, bool for_children) {
  if (::mkdir(path.c_str(), 0755) != 0) fail(path);
  const auto control = path + "/cgroup.subtree_control";
  if (for_children && fs::exists(control)) write_text(control, "+memory");
}

void remove_cgroup(const std::string& path) {
  // A killed process leaves its cgroup a moment later.
  for (int tries = 0; tries < 500 && !try_remove(path); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

void join_cgroup(const std::string& path) { write_text(path + "/cgroup.procs", "0"); }

void in_cgroup(const std::string& path, const std::function<void()>& work) {
  const pid_t pid = fork_or_throw();
  if (pid == 0) {
    run_body([&] {
      join_cgroup(path);
      work();
    });
  }
  if (wait_for(pid) != 0) throw std::runtime_error("a child process in " + path + " failed");
}

std::string read_text(const std::string& path) {
  ControlFileReader reader;
  const auto text = reader.read_at(AT_FDCWD, path.c_str());
  if (!text) throw std::system_error(text.error(), path);
  return std::string{*text};
}

std::uint64_t read_number(const std::string& path) {
  const auto number = parse_number(read_text(path));
  if (!number) throw std::runtime_error(path + " is no number");
  return *number;
}

void write_text(const std::string& path, std::string_view text) {
  const auto file = open_file(path, O_WRONLY | O_CREAT);
  if (const auto error = write_control(file.get(), text)) throw std::system_error(error, path);
}

void write_clean_file(const std::string& path, std::uint64_t bytes) {
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
  const std::vector<char> block(std::size_t{1} << 20U, 'x');
  for (std::uint64_t written = 0; written < bytes;) {
    const auto n = ::write(file.get(), block.data(), std::min<std::uint64_t>(block.size(), bytes - written));
    if (n < 0) fail(path);
    written += static_cast<std::uint64_t>(n);
  }
  if (::fsync(file.get()) != 0) fail(path);
}

std::string default_daemon() {
  const auto here = fs::read_symlink("/proc/self/exe").parent_path();
  return here.parent_path() / "daemon/cgroup-memory-manager";
}

void raise_limits() {
  const auto most = read_number("/proc/sys/fs/nr_open");
  const rlimit all{most, most};
  if (::setrlimit(RLIMIT_NOFILE, &all) != 0) raise_descriptor_limit();
}

MemoryStat read_stat(const Sandbox& sandbox, const std::string& cgroup) {
  const auto& interface = memory_interface(sandbox.hierarchy.version);
  const auto stat = parse_memory_stat(read_text(cgroup + "/" + interface.stat), interface.stat_keys);
  if (!stat) throw std::runtime_error(cgroup + ": memory.stat has none of the expected keys");
  return *stat;
}

Bytes reclaimable(const Sandbox& sandbox, const std::string& cgroup) {
  return memory_interface(sandbox.hierarchy.version)
      .reclaimable(read_stat(sandbox, cgroup))
      .value_or(Bytes{});
}

ReclaimJob make_job(const Sandbox& sandbox, const std::string& cgroup, Bytes target) {
  auto dir = open_file(cgroup, O_PATH | O_DIRECTORY);
  const auto path = fs::path{cgroup}.lexically_relative(sandbox.hierarchy.mount).string();
  ReclaimRequest request;
  request.bytes = reclaimable(sandbox, cgroup) - target;
  request.target = target;
  request.time_budget = std::chrono::minutes{2};
  return {std::make_shared<const Cgroup>(Cgroup{{}, path, {}}), std::move(dir), request};
}

void plain_reclaim(const Sandbox& sandbox, const std::string& cgroup, Bytes bytes) {
  const auto& interface = memory_interface(sandbox.hierarchy.version);
  const auto file = open_file(cgroup + "/" + interface.reclaim, O_WRONLY);
  const auto text =
      interface.version == CgroupVersion::v1 ? std::string{"1"} : fmt::format("{}", bytes.count());
  static_cast<void>(write_control(file.get(), text));
}

}  // namespace cmm::bench
