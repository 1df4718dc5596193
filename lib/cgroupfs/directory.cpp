// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/directory.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace cmm {
namespace {

struct CloseDirectory {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Io<std::unique_ptr<DIR, CloseDirectory>> open_directory(int dir) {
  // The handle is O_PATH, which can't be read: reopen it for reading.
  const int fd = ::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected{last_error()};
  std::unique_ptr<DIR, CloseDirectory> stream{::fdopendir(fd)};
  if (!stream) {
    const auto error = last_error();
    ::close(fd);
    return tl::unexpected{error};
  }
  return stream;
}

}  // namespace

Io<std::vector<DirectoryEntry>> list_child_cgroups(int dir) {
  const auto stream = open_directory(dir);
  if (!stream) return tl::unexpected{stream.error()};
  std::vector<DirectoryEntry> children;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream->get());
    if (entry == nullptr) break;
    const std::string_view name{entry->d_name};
    if (entry->d_type != DT_DIR || name == "." || name == "..") continue;
    children.push_back({std::string{name}, CgroupId{entry->d_ino}});
  }
  if (errno != 0) return tl::unexpected{last_error()};
  return children;
}

}  // namespace cmm
