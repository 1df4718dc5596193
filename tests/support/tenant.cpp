// SPDX-License-Identifier: Apache-2.0
#include "support/tenant.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <thread>

#include "base/unique_fd.hpp"
#include "support/system_failure.hpp"

namespace cmm::test {
namespace {

void end(pid_t pid) {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void live_in(const TestCgroup& cgroup, const std::function<void()>& work, int ready,
                          pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  try {
    cgroup.write("cgroup.procs", "0");
    work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "in cgroup %s: %s\n", cgroup.path().c_str(), error.what());
    ::_exit(1);
  }
  // A signal that ends the pause without ending the process is as good as the end: nobody sends one.
  if (::write(ready, "!", 1) == 1) ::pause();
  ::_exit(1);
}

void touch_each_page(char* memory, std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t at = 0; at < size; at += page) *reinterpret_cast<std::size_t*>(memory + at) = at + 1;
}

char* map(std::size_t size, int flags, int fd) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (memory == MAP_FAILED) fail("mmap");
  return static_cast<char*>(memory);
}

}  // namespace

Tenant::Tenant(const TestCgroup& cgroup, const std::function<void()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) fail("pipe2");
  const UniqueFd ready{ends[0]};
  UniqueFd tell{ends[1]};
  const auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) live_in(cgroup, work, tell.get(), parent);
  tell.reset();
  char said = 0;
  if (::read(ready.get(), &said, 1) == 1) return;
  end(pid_);
  throw std::runtime_error{"the process in cgroup " + cgroup.path() + " failed"};
}

Tenant::~Tenant() { end(pid_); }

void run_in(const TestCgroup& cgroup, const std::function<void()>& work) {
  const Tenant tenant{cgroup, work};
}

void keep_doing(const std::function<void()>& what, std::chrono::milliseconds pause) {
  // What `what` refers to is on the stack of the main thread, which never leaves live_in().
  std::thread{[what, pause] {
    while (true) {
      what();
      std::this_thread::sleep_for(pause);
    }
  }}.detach();
}

void keep_anonymous(Bytes size) {
  const auto length = size.count();
  touch_each_page(map(length, MAP_PRIVATE | MAP_ANONYMOUS, -1), length);
}

void keep_shmem(Bytes size) {
  const auto length = size.count();
  touch_each_page(map(length, MAP_SHARED | MAP_ANONYMOUS, -1), length);
}

}  // namespace cmm::test
