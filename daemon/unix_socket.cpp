// SPDX-License-Identifier: Apache-2.0
#include "daemon/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/unique_fd.hpp"

namespace cmm {
namespace {

std::string message_of(int error) { return std::generic_category().message(error); }

/// What connect(2) says, 0 where somebody listens. It doesn't wait: EAGAIN is a listener with a full queue.
int try_to_connect(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return errno;
  const auto* at = reinterpret_cast<const sockaddr*>(&address);
  return ::connect(socket.get(), at, sizeof address) == 0 ? 0 : errno;
}

}  // namespace

std::optional<std::string> make_way_for_socket(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    return errno == ENOENT ? std::nullopt : std::optional{message_of(errno)};
  }
  // Whatever else is there is somebody's, and a symbolic link may lead anywhere.
  if (!S_ISSOCK(found.st_mode)) return "there is a file that is no socket";
  const auto error = try_to_connect(path);
  if (error == 0 || error == EAGAIN) return "another process does";
  if (error != ECONNREFUSED) return message_of(error);
  if (::unlink(path.c_str()) != 0) return message_of(errno);
  return std::nullopt;
}

OwnFile::OwnFile(std::string path) : path_(std::move(path)) {
  struct stat made {};
  if (::lstat(path_.c_str(), &made) != 0) path_.clear();
  device_ = made.st_dev;
  inode_ = made.st_ino;
}

void OwnFile::remove() {
  struct stat found {};
  const auto path = std::exchange(path_, {});
  if (path.empty() || ::lstat(path.c_str(), &found) != 0) return;
  if (found.st_dev == device_ && found.st_ino == inode_) ::unlink(path.c_str());
}

}  // namespace cmm
