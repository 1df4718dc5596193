// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/make_cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include "cgroupfs/cgroup_files.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/processes.hpp"

namespace cmm {
namespace {

// A process whose parent has seen its end may hold its cgroup for some milliseconds more.
constexpr timespec kPause{0, 5'000'000};
constexpr int kTries = 100;

/// "a", "a/b", "a/b/c" for "a/b/c".
std::vector<std::string> path_and_ancestors(const std::string& path) {
  std::vector<std::string> all;
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    all.push_back(path.substr(0, slash));
  }
  all.push_back(path);
  return all;
}

/// v2: a controller is there in a cgroup when its parent hands it down.
Result<void> hand_down(const std::string& parent, const std::string& controller) {
  const auto file = parent + "/cgroup.subtree_control";
  ControlFileReader reader;
  const auto enabled = reader.read_at(AT_FDCWD, file.c_str());
  if (enabled && contains_word(*enabled, ' ', controller)) return {};
  const auto fd = open_at(AT_FDCWD, file.c_str(), O_WRONLY);
  if (!fd) return tl::unexpected{Error{fd.error(), "open", file}};
  if (const auto error = write_control(fd->get(), "+" + controller)) {
    return tl::unexpected{Error{error, "write +" + controller + " to", file}};
  }
  return {};
}

Result<bool> make_one(const Hierarchy& hierarchy, const std::string& parent, const std::string& path,
                      const std::vector<std::string>& controllers) {
  if (hierarchy.version == CgroupVersion::v2) {
    for (const auto& controller : controllers) {
      const auto done = hand_down(parent, controller);
      if (!done) return tl::unexpected{done.error()};
    }
  }
  const auto directory = hierarchy.mount + "/" + path;
  if (::mkdir(directory.c_str(), 0755) == 0) return true;
  if (errno == EEXIST && cgroup_exists(hierarchy.mount, path)) return false;
  return tl::unexpected{errno_error("make", directory)};
}

/// Without processes and child cgroups.
bool is_empty(const std::string& mount, const std::string& path) {
  const auto processes = list_processes(mount, path);
  const auto dir = open_at(AT_FDCWD, (mount + "/" + path).c_str(), O_PATH | O_DIRECTORY);
  const auto state = dir ? directory_state(dir->get()) : tl::unexpected{dir.error()};
  return processes && processes->empty() && state && state->children == 0;
}

}  // namespace

Result<std::vector<std::string>> make_cgroup(const Hierarchy& hierarchy, const std::string& path,
                                             const std::vector<std::string>& controllers) {
  std::vector<std::string> made;
  auto parent = hierarchy.mount;
  for (const auto& each : path_and_ancestors(path)) {
    const auto is_new = make_one(hierarchy, parent, each, controllers);
    if (!is_new) {
      for (auto back = made.rbegin(); back != made.rend(); ++back)
        static_cast<void>(remove_cgroup(hierarchy.mount, *back));
      return tl::unexpected{is_new.error()};
    }
    if (*is_new) made.push_back(each);
    parent = hierarchy.mount + "/" + each;
  }
  return made;
}

Result<void> remove_cgroup(const std::string& mount, const std::string& path) {
  const auto directory = mount + "/" + path;
  for (int tries = 0;; ++tries) {
    if (::rmdir(directory.c_str()) == 0) return {};
    const auto error = errno_error("remove", directory);
    const bool will_go = error.code == std::errc::device_or_resource_busy && is_empty(mount, path);
    if (!will_go || tries == kTries) return tl::unexpected{error};
    ::nanosleep(&kPause, nullptr);
  }
}

RemovedTree remove_cgroup_tree(const std::string& mount, const std::string& path) {
  const auto tree = list_cgroup_tree(mount, path);
  if (!tree) return {.removed = {}, .error = Error{tree.error(), "list", mount + "/" + path}};
  RemovedTree result;
  for (auto each = tree->rbegin(); each != tree->rend(); ++each) {
    auto done = remove_cgroup(mount, *each);
    if (!done) {
      result.error = std::move(done.error());
      break;
    }
    result.removed.push_back(*each);
  }
  return result;
}

bool cgroup_exists(const std::string& mount, const std::string& path) {
  struct stat state {};
  return ::stat((mount + "/" + path).c_str(), &state) == 0 && S_ISDIR(state.st_mode);
}

}  // namespace cmm
