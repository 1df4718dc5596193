// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "model/memory_stat.hpp"

namespace cmm::test {

/// A cgroup of a sandbox: its control files in one vocabulary for v1 and v2. A value; the sandbox removes it.
/// Whatever fails throws std::system_error.
class TestCgroup {
 public:
  explicit TestCgroup(std::string path) : path_(std::move(path)) {}

  /// Below the mount of the hierarchy, as the daemon prints it.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string absolute() const;
  [[nodiscard]] std::string file(std::string_view name) const;

  [[nodiscard]] std::string read(std::string_view name) const;
  void write(std::string_view name, std::string_view text) const;
  [[nodiscard]] bool has(std::string_view name) const;

  /// The file that reclaims when it is written to.
  [[nodiscard]] std::string reclaim_file() const;
  void limit_memory(Bytes limit) const;
  [[nodiscard]] MemoryStat stat() const;
  [[nodiscard]] Bytes usage() const;
  /// All page cache charged to it and to what is below, shmem included.
  [[nodiscard]] Bytes cache() const;
  /// What of it the daemon may drop, by the formula of the library.
  [[nodiscard]] Bytes reclaimable() const;
  /// What was swapped out of it and what is below.
  [[nodiscard]] Bytes swapped() const;
  [[nodiscard]] unsigned swappiness() const;

  /// rmdir. False: it has processes or children.
  [[nodiscard]] bool remove() const;

 private:
  std::string path_;
};

/// Makes cgroups below one of its own, `cmm-test-<pid>` at the top of the memory hierarchy, and removes all
/// of them at its end. Processes in them belong to Tenants, which have to go first.
class CgroupSandbox {
 public:
  /// Another `name` is for machines that nobody else uses; one that exists already is refused.
  explicit CgroupSandbox(const std::string& name = own_name());
  CgroupSandbox(const CgroupSandbox&) = delete;
  CgroupSandbox& operator=(const CgroupSandbox&) = delete;
  ~CgroupSandbox();

  [[nodiscard]] const TestCgroup& top() const { return top_; }
  /// Makes the cgroup `path` below the top, and what is missing above it. On v2 the memory controller is
  /// enabled on the way down.
  TestCgroup make(std::string_view path) const;

  static std::string own_name();

 private:
  TestCgroup top_;
};

}  // namespace cmm::test
