// SPDX-License-Identifier: Apache-2.0
#include "support/fault_injector.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "support/system_failure.hpp"

namespace cmm::test {
namespace {

// Linux 5.19; Debian 12's headers know it, its glibc doesn't.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/// A call, and which of its arguments say on what: a descriptor, a path (relative to the descriptor where
/// both are there), or both.
struct KnownCall {
  const char* name;
  std::uint32_t number;
  int fd_argument;
  int path_argument;
};
constexpr int kNone = -1;
constexpr std::array kCalls{
    KnownCall{"openat", SYS_openat, 0, 1},
    KnownCall{"read", SYS_read, 0, kNone},
    KnownCall{"pread64", SYS_pread64, 0, kNone},
    KnownCall{"write", SYS_write, 0, kNone},
    KnownCall{"fstat", SYS_fstat, 0, kNone},
    KnownCall{"stat", SYS_stat, kNone, 0},
    KnownCall{"newfstatat", SYS_newfstatat, 0, 1},
    KnownCall{"statx", SYS_statx, 0, 1},
    KnownCall{"getdents64", SYS_getdents64, 0, kNone},
    KnownCall{"getxattr", SYS_getxattr, kNone, 0},
    KnownCall{"faccessat", SYS_faccessat, 0, 1},
    KnownCall{"fcntl", SYS_fcntl, 0, kNone},
};

const KnownCall& known(const std::string& name) {
  for (const auto& call : kCalls) {
    if (name == call.name) return call;
  }
  throw std::invalid_argument{"unknown system call " + name};
}

const KnownCall* known(std::uint32_t number) {
  for (const auto& call : kCalls) {
    if (number == call.number) return &call;
  }
  return nullptr;
}

std::string link_target(const std::string& link) {
  std::error_code ignored;
  return std::filesystem::read_symlink(link, ignored).string();
}

/// What the program's memory says at this address, up to a NUL.
std::string text_at(pid_t pid, std::uint64_t address) {
  std::array<char, 4096> buffer{};
  // Not across the end of a page that may be the last: as much as there is.
  const iovec to{buffer.data(), buffer.size()};
  const std::size_t page = 4096;
  const auto first = page - address % page;
  std::array<iovec, 2> from{{{reinterpret_cast<void*>(address), first},
                             {reinterpret_cast<void*>(address + first), buffer.size() - first}}};
  const auto got = ::process_vm_readv(pid, &to, 1, from.data(), from.size(), 0);
  if (got <= 0) return {};
  return {buffer.data(), ::strnlen(buffer.data(), static_cast<std::size_t>(got))};
}

std::string path_of(const KnownCall& call, const seccomp_notif& request) {
  const auto process = "/proc/" + std::to_string(request.pid);
  std::string base;
  if (call.fd_argument != kNone) {
    const auto fd = static_cast<int>(request.data.args[call.fd_argument]);
    base =
        fd == AT_FDCWD ? link_target(process + "/cwd") : link_target(process + "/fd/" + std::to_string(fd));
  }
  if (call.path_argument == kNone) return base;
  auto path = text_at(static_cast<pid_t>(request.pid), request.data.args[call.path_argument]);
  // The daemon names an open directory so, where only a name will do.
  constexpr std::string_view kOwnFd = "/proc/self/fd/";
  if (path.starts_with(kOwnFd)) return link_target(process + "/fd/" + path.substr(kOwnFd.size()));
  if (path.starts_with('/')) return path;
  return path.empty() || path == "." ? base : base + "/" + path;
}

std::vector<sock_filter> filter_for(const std::vector<std::uint32_t>& numbers) {
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const auto number : numbers) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return program;
}

int add_filter(const std::vector<sock_filter>& program) {
  // The kernel only reads it.
  sock_fprog filter{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
  for (const auto flags : {SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                           SECCOMP_FILTER_FLAG_NEW_LISTENER}) {
    const auto fd = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
    if (fd >= 0 || errno != EINVAL) return static_cast<int>(fd);
  }
  return -1;
}

union FdMessage {
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
  cmsghdr aligned;
};

msghdr message_of(FdMessage& control, iovec& text) {
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  return message;
}

bool send_fd(int socket, int fd) {
  char byte = '!';
  iovec text{&byte, 1};
  FdMessage control{};
  auto message = message_of(control, text);
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return ::sendmsg(socket, &message, 0) == 1;
}

UniqueFd receive_fd(int socket) {
  char byte = 0;
  iovec text{&byte, 1};
  FdMessage control{};
  auto message = message_of(control, text);
  int fd = -1;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != nullptr) {
    std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  }
  return UniqueFd{fd};
}

bool lies_in(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

}  // namespace

const std::vector<std::string>& file_call_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& call : kCalls) all.emplace_back(call.name);
    return all;
  }();
  return names;
}

FaultInjector::FaultInjector(std::string directory, const std::vector<std::string>& names)
    : directory_(std::move(directory)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  std::vector<std::uint32_t> numbers;
  for (const auto& name : names) numbers.push_back(known(name).number);
  filter_ = filter_for(numbers);
  std::array<int, 2> ends{};
  if (!stop_ || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("socketpair");
  to_parent_ = UniqueFd{ends[0]};
  from_child_ = UniqueFd{ends[1]};
}

FaultInjector::~FaultInjector() {
  const std::uint64_t one = 1;
  if (thread_.joinable() && ::write(stop_.get(), &one, sizeof one) == sizeof one) thread_.join();
}

bool FaultInjector::install() const {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  const int listener = add_filter(filter_);
  // The descriptor is close-on-exec by the kernel's choice.
  return listener >= 0 && send_fd(to_parent_.get(), listener);
}

void FaultInjector::answer() {
  to_parent_.reset();
  listener_ = receive_fd(from_child_.get());
  if (listener_) thread_ = std::thread{[this] { serve(); }};
}

void FaultInjector::set(Plan plan) {
  const std::lock_guard lock{mutex_};
  plan_ = std::move(plan);
}

std::vector<FileCall> FaultInjector::take_calls() {
  const std::lock_guard lock{mutex_};
  return std::exchange(calls_, {});
}

void FaultInjector::hold(std::vector<std::string> paths) {
  set([paths = std::move(paths)](const FileCall& call) {
    const auto is_meant = [&](const std::string& path) {
      return path.ends_with('/') ? call.path.starts_with(path) : call.path == path;
    };
    return std::ranges::any_of(paths, is_meant) ? kWaits : 0;
  });
}

void FaultInjector::lift() {
  const std::lock_guard lock{mutex_};
  plan_ = {};
  for (const auto id : std::exchange(waiting_, {})) send(id, 0);
}

int FaultInjector::judge(std::uint64_t id, const FileCall& call) {
  const std::lock_guard lock{mutex_};
  calls_.push_back(call);
  const int error = plan_ ? plan_(call) : 0;
  if (error == kWaits) waiting_.push_back(id);
  return error;
}

void FaultInjector::send(std::uint64_t id, int error) const {
  seccomp_notif_resp response{};
  response.id = id;
  response.error = -error;
  response.flags = error == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
  // It may be gone by now: killed.
  static_cast<void>(::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response));
}

void FaultInjector::answer_next() {
  seccomp_notif request{};
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return;
  const auto* call = known(static_cast<std::uint32_t>(request.data.nr));
  const auto path = call == nullptr ? std::string{} : path_of(*call, request);
  const int error = lies_in(path, directory_) ? judge(request.id, {call->name, path}) : 0;
  if (error != kWaits) send(request.id, error);
}

void FaultInjector::serve() {
  while (true) {
    std::array<pollfd, 2> watched{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0 || (watched[0].revents & POLLHUP) != 0) return;
    if ((watched[0].revents & POLLIN) != 0) answer_next();
  }
}

}  // namespace cmm::test
