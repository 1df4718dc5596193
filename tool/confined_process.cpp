// SPDX-License-Identifier: Apache-2.0
#include "tool/confined_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include "cgroupfs/control_file.hpp"
#include "tool/failure.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

/// cgroup.procs of the cgroup, and of its other half where the cpu controller has a hierarchy of its own.
/// Opened beforehand: the child has nothing to look for.
std::vector<UniqueFd> open_procs(const std::string& path) {
  std::vector<std::string> mounts{memory_hierarchy().mount};
  if (auto other = mount_of_other_half(mounts.front(), path)) mounts.push_back(*std::move(other));
  std::vector<UniqueFd> all;
  for (const auto& mount : mounts) {
    const auto file = fmt::format("{}/{}/cgroup.procs", mount, path);
    auto fd = open_at(AT_FDCWD, file.c_str(), O_WRONLY);
    if (!fd) throw failure(Error{fd.error(), "open", file});
    all.push_back(std::move(*fd));
  }
  return all;
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw failure(errno_error("make", "a pipe"));
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

std::error_code join(const std::vector<UniqueFd>& procs) {
  // 0: who writes.
  for (const auto& each : procs) {
    if (const auto error = write_control(each.get(), "0")) return error;
  }
  return {};
}

/// The errno with which the child failed to join, 0 where it didn't; nothing where it ended before that.
std::optional<int> read_report(int fd) {
  int error = 0;
  while (true) {
    const auto size = ::read(fd, &error, sizeof error);
    if (size == sizeof error) return error;
    if (size >= 0 || errno != EINTR) return std::nullopt;
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

[[noreturn]] void live(const std::vector<UniqueFd>& procs, UniqueFd report, const SignalQueue& signals,
                       ConfinedProcess::Life life, pid_t parent, const std::function<int()>& body) {
  if (life == ConfinedProcess::Life::bound) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
  }
  const int error = join(procs).value();
  static_cast<void>(::write(report.get(), &error, sizeof error));
  if (error != 0) ::_exit(1);
  report.reset();
  signals.restore_mask();
  int code = 1;
  try {
    code = body();
  } catch (const std::exception&) {
  }
  ::_exit(code);
}

}  // namespace

ConfinedProcess::ConfinedProcess(const std::string& path, const SignalQueue& signals, Life life,
                                 const std::function<int()>& body) {
  const auto procs = open_procs(path);
  auto pipe = make_pipe();
  const auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw failure(errno_error("make", "a process"));
  if (pid_ == 0) live(procs, std::move(pipe.write_end), signals, life, parent, body);
  pipe.write_end.reset();
  const auto error = read_report(pipe.read_end.get());
  if (error == 0) return;
  status_ = wait_for(pid_);
  // The cgroup may have no room for it: then the kernel kills it before it can say anything.
  if (!error && WIFSIGNALED(*status_)) return;
  throw failure(Error{{error.value_or(ECHILD), std::generic_category()}, "join", path});
}

ConfinedProcess::~ConfinedProcess() {
  if (pid_ <= 0 || status()) return;
  send(SIGKILL);
  wait_for(pid_);
}

void ConfinedProcess::send(int signal) const {
  if (!status_) ::kill(pid_, signal);
}

std::optional<int> ConfinedProcess::status() {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace cmm::tool
