// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "support/system_failure.hpp"

namespace cmm::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Pipe {
  UniqueFd read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) fail("pipe2");
  // Only the reading end: a program under test must see ordinary, blocking output.
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
  auto all = extra;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view old{*entry};
    const auto name = old.substr(0, old.find('=') + 1);
    if (std::ranges::none_of(extra, [&](const auto& given) { return given.starts_with(name); })) {
      all.emplace_back(old);
    }
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

struct ChildPlan {
  char* const* arguments;
  char* const* environment;
  const char* directory;
  const std::function<bool()>& before_exec;
  int out, err, null;
  pid_t parent;
};

/// Whoever started the tests may ignore some, as nohup does, and a program that is started inherits that.
void ignore_no_signal() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
}

/// Between fork and exec: only calls that are async-signal-safe.
[[noreturn]] void become(const ChildPlan& plan) {
  ::setpgid(0, 0);
  ignore_no_signal();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool ready = ::getppid() == plan.parent && ::dup2(plan.null, STDIN_FILENO) >= 0 &&
                     ::dup2(plan.out, STDOUT_FILENO) >= 0 && ::dup2(plan.err, STDERR_FILENO) >= 0 &&
                     (*plan.directory == '\0' || ::chdir(plan.directory) == 0);
  if (ready && (!plan.before_exec || plan.before_exec()))
    ::execvpe(plan.arguments[0], plan.arguments, plan.environment);
  ::_exit(127);
}

void take(UniqueFd& pipe, std::string& text) {
  std::array<char, 16384> buffer{};
  while (pipe) {
    const auto got = ::read(pipe.get(), buffer.data(), buffer.size());
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else if (got < 0 && errno == EAGAIN) {
      return;
    } else {
      pipe.reset();
    }
  }
}

int left_until(steady_clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
  return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, 60'000));
}

}  // namespace

Process::Process(const Command& what) {
  auto arguments = what.command;
  auto environment = merged_environment(what.environment);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  auto out = make_pipe();
  auto err = make_pipe();
  const UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!null) fail("open /dev/null");
  const ChildPlan plan{argument_pointers.data(),
                       environment_pointers.data(),
                       what.directory.c_str(),
                       what.before_exec,
                       out.write.get(),
                       err.write.get(),
                       null.get(),
                       ::getpid()};

  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become(plan);
  ::setpgid(pid_, pid_);  // in both processes: whoever comes first, the group is there
  out_pipe_ = std::move(out.read);
  err_pipe_ = std::move(err.read);
  // The wrapper of glibc 2.36 is declared without C linkage, so that C++ can't link it.
  pidfd_ = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
  if (!pidfd_) {
    const int why = errno;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error{why, std::generic_category(), "pidfd_open"};
  }
}

Process::~Process() {
  if (status_) return;
  ::kill(-pid_, SIGKILL);
  int raw = 0;
  while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
  }
}

void Process::send_signal(int signal) const {
  if (!status_) ::kill(pid_, signal);
}

std::optional<ExitStatus> Process::wait(milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  do {
    poll_once(until);
  } while (!status_ && steady_clock::now() < until);
  return status_;
}

bool Process::wait_for_output(std::string_view text, milliseconds timeout) {
  const auto seen = [&] {
    return out_.find(text) != std::string::npos || err_.find(text) != std::string::npos;
  };
  return wait_until_output(seen, timeout);
}

bool Process::wait_until_output(const std::function<bool()>& says_so, milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  const auto size = [&] { return out_.size() + err_.size(); };
  while (!says_so()) {
    const auto had = size();
    do {
      poll_once(until);
    } while (size() == had && !status_ && steady_clock::now() < until);
    if (size() == had) return false;
  }
  return true;
}

void Process::poll_once(Deadline until) {
  if (status_) return;
  // A closed pipe stays as fd -1, which poll skips.
  std::array<pollfd, 3> watched{
      {{out_pipe_.get(), POLLIN, 0}, {err_pipe_.get(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), left_until(until)) < 0 && errno != EINTR) fail("poll");
  if ((watched[2].revents & POLLIN) != 0) reap();
  drain();
}

void Process::drain() {
  take(out_pipe_, out_);
  take(err_pipe_, err_);
}

void Process::reap() {
  // The group goes before the reaping: until then the number can't belong to anybody else.
  ::kill(-pid_, SIGKILL);
  int raw = 0;
  if (::waitpid(pid_, &raw, 0) != pid_) fail("waitpid");
  status_ = WIFEXITED(raw) ? ExitStatus{WEXITSTATUS(raw), 0} : ExitStatus{-1, WTERMSIG(raw)};
}

Finished run(const Command& what, milliseconds timeout) {
  Process process{what};
  const auto status = process.wait(timeout);
  return {status.value_or(ExitStatus{}), process.out(), process.err(), !status};
}

}  // namespace cmm::test
