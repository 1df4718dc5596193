// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/directory.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "base/error.hpp"

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

std::error_code add_tree(const std::string& mount, const std::string& path, std::vector<std::string>& tree) {
  const auto directory = mount + "/" + path;
  const auto dir = open_at(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY);
  if (!dir) return dir.error();
  const auto children = list_child_cgroups(dir->get());
  if (!children) return children.error();
  tree.push_back(path);
  for (const auto& child : *children) {
    const auto error = add_tree(mount, path.empty() ? child.name : path + "/" + child.name, tree);
    // A tenant may nest deeper than a path can say: nobody can name what is there, and the others count.
    if (error && !is_gone(error) && error != std::errc::filename_too_long) return error;
  }
  return {};
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

Io<std::vector<std::string>> list_cgroup_tree(const std::string& mount, const std::string& path) {
  std::vector<std::string> tree;
  if (const auto error = add_tree(mount, path, tree)) return tl::unexpected{error};
  return tree;
}

}  // namespace cmm
