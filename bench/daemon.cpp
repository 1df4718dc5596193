// SPDX-License-Identifier: Apache-2.0
#include "bench/daemon.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "daemon/control_client.hpp"

namespace cmm::bench {
namespace {

namespace fs = std::filesystem;

// Nothing goes to a file: its cache would be charged to the daemon's cgroup.
[[noreturn]] void start(const std::string& runtime, const std::string& cgroup,
                        std::vector<std::string> command) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setenv("RUNTIME_DIRECTORY", runtime.c_str(), 1);
  try {
    join_cgroup(cgroup);
  } catch (const std::exception&) {
    ::_exit(EXIT_FAILURE);
  }
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(EXIT_FAILURE);
}

}  // namespace

std::string copy_of_daemon(const Sandbox& sandbox, const std::string& daemon) {
  const auto copy = sandbox.data + "/cgroup-memory-manager";
  fs::copy_file(daemon, copy, fs::copy_options::overwrite_existing);
  ::sync();
  forget(copy);
  return copy;
}

Daemon::Daemon(const Sandbox& sandbox, const std::string& cgroup, std::vector<std::string> command) {
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process for the daemon");
  if (pid_ == 0) start(sandbox.data + "/run", cgroup, std::move(command));
}

Daemon::~Daemon() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

void Daemon::check_alive() const {
  if (::waitpid(pid_, nullptr, WNOHANG) != 0) throw std::runtime_error("the daemon has ended early");
}

double Daemon::status(const std::string& key) const {
  std::istringstream lines{read_text(fmt::format("/proc/{}/status", pid_))};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) * 1024;
  }
  throw std::runtime_error("/proc/PID/status has no " + key);
}

double Daemon::cpu_seconds() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
    throw std::runtime_error("the daemon's CPU time can't be had");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::size_t Daemon::open_files() const {
  const fs::directory_iterator files{fmt::format("/proc/{}/fd", pid_)};
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

void watch(const Daemon& daemon, unsigned seconds, const std::string& scraped_at, unsigned period) {
  for (unsigned i = 0; i < seconds; ++i) {
    if (!scraped_at.empty() && i % period == 0 && !ask_daemon(scraped_at, "/metrics"))
      throw std::runtime_error("the daemon's metrics can't be had");
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  daemon.check_alive();
}

double mib(double bytes) { return bytes / (1024.0 * 1024.0); }

// v1 counts the kernel's own memory in a file apart.
std::string parts_of_charge(const std::string& cgroup) {
  std::string parts;
  const auto add = [&](const std::string& name, double bytes) {
    parts += fmt::format("{}{} {:.2f} MiB", parts.empty() ? "" : ", ", name, mib(bytes));
  };
  std::istringstream lines{read_text(cgroup + "/memory.stat")};
  for (std::string key, value; lines >> key >> value;) {
    for (const auto* wanted : {"cache", "rss", "anon", "file", "kernel"}) {
      if (key == wanted) add(key, std::stod(value));
    }
  }
  const auto kernel = cgroup + "/memory.kmem.usage_in_bytes";
  if (fs::exists(kernel)) add("kernel", static_cast<double>(read_number(kernel)));
  return parts;
}

}  // namespace cmm::bench
