// SPDX-License-Identifier: Apache-2.0
#include "support/fake_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace cmm::test {
namespace {

namespace fs = std::filesystem;

// tmpfs counts a directory's children in its links, as kernfs does; not every file system under /tmp does.
std::string make_directory() {
  const std::string base = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : fs::temp_directory_path().string();
  auto path = base + "/cmm-test-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    throw std::system_error{errno, std::generic_category(), "mkdtemp " + path};
  return path;
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream file{path, std::ios::trunc};
  file << text;
  if (!file.flush()) throw std::system_error{errno, std::generic_category(), "write " + path};
}

std::string stat_v1(const FakeCgroup& says) {
  // The local values are someone else's: whoever reads them instead of the totals is found out.
  return fmt::format(
      "cache 1\nrss 2\nshmem 3\ndirty 4\nwriteback 5\ninactive_file 6\nactive_file 7\nunevictable 0\n"
      "hierarchical_memory_limit {}\n"
      "total_cache {}\ntotal_rss {}\ntotal_shmem {}\ntotal_dirty {}\ntotal_writeback 0\n"
      "total_inactive_file {}\ntotal_active_file 0\n",
      says.limit == "max" ? "9223372036854771712" : says.limit, (says.cache + says.shmem).count(),
      says.usage.count(), says.shmem.count(), says.dirty.count(), says.cache.count());
}

std::string stat_v2(const FakeCgroup& says) {
  return fmt::format(
      "anon {}\nfile {}\nkernel 0\nshmem {}\nfile_mapped 0\nfile_dirty {}\nfile_writeback 0\n"
      "inactive_anon 0\nactive_anon 0\ninactive_file {}\nactive_file 0\nunevictable 0\n",
      says.usage.count(), (says.cache + says.shmem).count(), says.shmem.count(), says.dirty.count(),
      says.cache.count());
}

}  // namespace

FakeTree::FakeTree(CgroupVersion version) : version_(version), root_(make_directory()) {
  fs::create_directories(root_ + mount_point());
  fs::create_directories(root_ + "/proc/self");
  fs::create_directories(root_ + "/removed");
  const auto* type = version == CgroupVersion::v1 ? "cgroup cgroup rw,memory" : "cgroup2 cgroup2 rw";
  write_below_root("proc/self/mountinfo",
                   fmt::format("30 23 0:26 / {} rw,nosuid - {}\n", mount_point(), type));
  write_below_root("proc/meminfo",
                   "MemTotal:       4194304 kB\nMemFree:        100 kB\n"
                   "MemAvailable:   100 kB\nSwapTotal:            0 kB\n");
  if (version == CgroupVersion::v2) {
    write_below_root("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
  }
}

FakeTree::~FakeTree() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string FakeTree::mount_point() const {
  return version_ == CgroupVersion::v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
}

std::string FakeTree::absolute(const std::string& cgroup) const {
  return root_ + mount_point() + "/" + cgroup;
}

CgroupRef FakeTree::add(const std::string& cgroup, const FakeCgroup& says) {
  const auto slash = cgroup.rfind('/');
  if (slash != std::string::npos && !fs::exists(absolute(cgroup.substr(0, slash))))
    add(cgroup.substr(0, slash));
  fs::create_directory(absolute(cgroup));
  write_files(cgroup, says);
  struct stat state {};
  if (::stat(absolute(cgroup).c_str(), &state) != 0)
    throw std::system_error{errno, std::generic_category(), cgroup};
  return std::make_shared<const Cgroup>(Cgroup{CgroupId{state.st_ino}, cgroup, {}});
}

// The emptied directory is kept aside: many file systems give a freed inode number to the next file.
void FakeTree::remove(const std::string& cgroup) {
  const auto aside = fmt::format("{}/removed/{}", root_, removed_++);
  fs::rename(absolute(cgroup), aside);
  for (const auto& entry : fs::directory_iterator{aside}) fs::remove_all(entry.path());
}

CgroupRef FakeTree::recreate(const std::string& cgroup, const FakeCgroup& says) {
  remove(cgroup);
  return add(cgroup, says);
}

void FakeTree::write(const std::string& cgroup, const std::string& file, std::string_view text) const {
  write_file(absolute(cgroup) + "/" + file, text);
}

void FakeTree::write_below_root(const std::string& file, std::string_view text) const {
  const auto path = fs::path{root_} / file;
  fs::create_directories(path.parent_path());
  write_file(path.string(), text);
}

void FakeTree::remove_file(const std::string& cgroup, const std::string& file) const {
  fs::remove(absolute(cgroup) + "/" + file);
}

std::string FakeTree::read(const std::string& cgroup, const std::string& file) const {
  std::ifstream stream{absolute(cgroup) + "/" + file};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

UniqueFd FakeTree::open(const std::string& cgroup) const {
  return UniqueFd{::open(absolute(cgroup).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

void FakeTree::write_files(const std::string& cgroup, const FakeCgroup& says) const {
  const auto usage = fmt::format("{}\n", says.usage.count());
  if (version_ == CgroupVersion::v1) {
    write(cgroup, "memory.usage_in_bytes", usage);
    write(cgroup, "memory.limit_in_bytes", (says.limit == "max" ? "9223372036854771712" : says.limit) + "\n");
    write(cgroup, "memory.stat", stat_v1(says));
  } else {
    write(cgroup, "memory.current", usage);
    write(cgroup, "memory.max", says.limit + "\n");
    write(cgroup, "memory.high", says.high + "\n");
    write(cgroup, "memory.stat", stat_v2(says));
  }
}

TemporaryDirectory::TemporaryDirectory() : path_(make_directory()) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string fake_container_id(char seed) { return std::string(63, '0') + seed; }

}  // namespace cmm::test
