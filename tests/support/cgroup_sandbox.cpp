// SPDX-License-Identifier: Apache-2.0
#include "support/cgroup_sandbox.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/parse.hpp"
#include "support/test_environment.hpp"

namespace cmm::test {
namespace {

namespace fs = std::filesystem;

template <class T>
T value_or_throw(std::optional<T> value, const std::string& what) {
  if (!value) throw std::runtime_error{"no sense in " + what};
  return *value;
}

const MemoryInterface& interface() { return memory_interface(memory_hierarchy().version); }

void make_directory(const TestCgroup& cgroup) {
  if (::mkdir(cgroup.absolute().c_str(), 0755) == 0) return;
  throw std::system_error{errno, std::generic_category(), "mkdir " + cgroup.absolute()};
}

void pass_memory_on(const TestCgroup& cgroup) {
  if (!is_v1()) cgroup.write("cgroup.subtree_control", "+memory");
}

/// The children first. A process that has just ended may hold its cgroup for a moment.
void remove_tree(const fs::path& directory) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{directory, ignored}) {
    if (entry.is_directory(ignored)) remove_tree(entry.path());
  }
  eventually([&] { return ::rmdir(directory.c_str()) == 0 || errno != EBUSY; }, std::chrono::seconds{5});
}

}  // namespace

std::string TestCgroup::absolute() const { return memory_hierarchy().mount + "/" + path_; }

std::string TestCgroup::file(std::string_view name) const { return absolute() + "/" + std::string{name}; }

std::string TestCgroup::read(std::string_view name) const {
  ControlFileReader reader;
  const auto text = reader.read_at(AT_FDCWD, file(name).c_str());
  if (!text) throw std::system_error{text.error(), "read " + file(name)};
  return std::string{*text};
}

void TestCgroup::write(std::string_view name, std::string_view text) const {
  const auto fd = open_at(AT_FDCWD, file(name).c_str(), O_WRONLY);
  const auto error = fd ? write_control(fd->get(), text) : fd.error();
  if (error) throw std::system_error{error, "write " + file(name)};
}

bool TestCgroup::has(std::string_view name) const { return fs::exists(file(name)); }

void TestCgroup::limit_memory(Bytes limit) const { write(interface().limit, std::to_string(limit.count())); }

std::string TestCgroup::reclaim_file() const { return file(interface().reclaim); }

MemoryStat TestCgroup::stat() const {
  return value_or_throw(parse_memory_stat(read(interface().stat), interface().stat_keys),
                        file("memory.stat"));
}

Bytes TestCgroup::usage() const {
  return Bytes{value_or_throw(parse_number(read(interface().usage)), file(interface().usage))};
}

Bytes TestCgroup::cache() const { return value_or_throw(stat().file, file("memory.stat")); }

Bytes TestCgroup::reclaimable() const {
  return value_or_throw(interface().reclaimable(stat()), file("memory.stat"));
}

Bytes TestCgroup::swapped() const {
  if (!is_v1()) return Bytes{value_or_throw(parse_number(read("memory.swap.current")), path_)};
  // The library has no need of this key, and so no field of its own for it.
  constexpr std::array keys{StatKey{"total_swap", &MemoryStat::anon}};
  return value_or_throw(value_or_throw(parse_memory_stat(read("memory.stat"), keys), path_).anon, path_);
}

unsigned TestCgroup::swappiness() const {
  return static_cast<unsigned>(value_or_throw(parse_number(read("memory.swappiness")), path_));
}

bool TestCgroup::remove() const {
  if (::rmdir(absolute().c_str()) == 0) return true;
  if (errno == EBUSY) return false;
  throw std::system_error{errno, std::generic_category(), "rmdir " + absolute()};
}

std::string CgroupSandbox::own_name() { return "cmm-test-" + std::to_string(::getpid()); }

CgroupSandbox::CgroupSandbox(const std::string& name) : top_(name) {
  make_directory(top_);
  pass_memory_on(top_);
}

CgroupSandbox::~CgroupSandbox() { remove_tree(top_.absolute()); }

TestCgroup CgroupSandbox::make(std::string_view path) const {
  TestCgroup cgroup{top_};
  for (const auto& part : fs::path{path}) {
    // Only now, and not when it was made: on v2 a cgroup that passes controllers on can hold no processes.
    pass_memory_on(cgroup);
    cgroup = TestCgroup{cgroup.path() + "/" + part.string()};
    if (!fs::exists(cgroup.absolute())) make_directory(cgroup);
  }
  return cgroup;
}

}  // namespace cmm::test
