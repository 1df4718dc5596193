// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log_links.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "kubelet/log_link.hpp"

namespace cmm {
namespace {

constexpr std::uint32_t kCame = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t kWent = IN_DELETE | IN_MOVED_FROM;
constexpr std::size_t kEventBytes = 16384;  // of some hundred events
constexpr std::uint32_t kDirectoryWent = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

}  // namespace

void LogLinks::refresh() {
  if (version_ == 0) version_ = 1;
  if (watch_ >= 0 && read_events()) return;
  // Watched before it is listed: what comes in between is seen twice rather than not at all.
  watch();
  list();
}

void LogLinks::watch() {
  if (!inotify_) inotify_ = UniqueFd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  // A directory that was moved away would still be watched.
  if (watch_ >= 0) static_cast<void>(::inotify_rm_watch(inotify_.get(), watch_));
  watch_ = ::inotify_add_watch(inotify_.get(), directory_.c_str(),
                               kCame | kWent | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

/// False: events were lost, or the directory was; it has to be listed again.
bool LogLinks::read_events() {
  alignas(inotify_event) std::array<char, kEventBytes> buffer;
  while (true) {
    const auto size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const auto* name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) return false;
      if (event.wd != watch_) continue;  // left over from a watch that was given up
      if ((event.mask & kDirectoryWent) != 0) return false;
      if (event.len > 0) take(event.mask, name);
    }
  }
}

void LogLinks::take(std::uint32_t mask, std::string_view name) {
  if ((mask & kCame) != 0) add(name);
  if ((mask & kWent) != 0) remove(name);
}

void LogLinks::list() {
  error_.reset();
  auto before = std::exchange(names_, {});
  const auto version = version_;
  std::error_code code;
  for (auto entry = std::filesystem::directory_iterator{directory_, code};
       !code && entry != std::filesystem::directory_iterator{}; entry.increment(code)) {
    add(entry->path().filename().native());
  }
  if (code) error_ = Error{code, "list", directory_};
  version_ = version + (names_ != before ? 1 : 0);
}

void LogLinks::add(std::string_view name) {
  auto link = parse_log_link(name);
  if (!link) return;
  names_.insert_or_assign(std::move(link->container_id), std::move(link->names));
  ++version_;
}

void LogLinks::remove(std::string_view name) {
  const auto link = parse_log_link(name);
  if (link && names_.erase(link->container_id) > 0) ++version_;
}

const ContainerNames* LogLinks::find(const std::string& container_id) const {
  const auto found = names_.find(container_id);
  return found == names_.end() ? nullptr : &found->second;
}

}  // namespace cmm
