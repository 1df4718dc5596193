// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "model/cgroup.hpp"

namespace cmm::test {

/// What the control files of one fake cgroup say. Cache is on the inactive file LRU, except for shmem.
struct FakeCgroup {
  Bytes usage = MiB(1);
  Bytes cache{};  ///< without shmem
  Bytes shmem{};
  Bytes dirty{};
  std::string limit = "max";  ///< as the file prints it; on v1 "max" stands for its number
  std::string high = "max";   ///< v2 only
};

/// A root directory with /proc and one memory hierarchy of plain files, as long as the object lives. Files
/// are rewritten in place, so that a descriptor that is held on one sees the new content as it would of the
/// kernel.
///
/// What plain files can't do: a removed one still answers through a descriptor that is held on it, where the
/// kernel says ENODEV; and a write replaces only as many characters as it brings.
class FakeTree {
 public:
  explicit FakeTree(CgroupVersion version = CgroupVersion::v2);
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;
  ~FakeTree();

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] Hierarchy hierarchy() const { return {version_, root_ + mount_point()}; }
  [[nodiscard]] std::string absolute(const std::string& cgroup) const;

  /// Makes a cgroup, and those above it that are missing; or changes what its files say.
  CgroupRef add(const std::string& cgroup, const FakeCgroup& says = {});
  /// Removes a cgroup with all below it. Its inode number isn't given out again.
  void remove(const std::string& cgroup);
  /// Removes it and makes another one under its name.
  CgroupRef recreate(const std::string& cgroup, const FakeCgroup& says = {});

  /// Writes one control file, or any other one below the root where `cgroup` is absent.
  void write(const std::string& cgroup, const std::string& file, std::string_view text) const;
  void write_below_root(const std::string& file, std::string_view text) const;
  void remove_file(const std::string& cgroup, const std::string& file) const;
  [[nodiscard]] std::string read(const std::string& cgroup, const std::string& file) const;
  [[nodiscard]] UniqueFd open(const std::string& cgroup) const;

 private:
  [[nodiscard]] std::string mount_point() const;
  void write_files(const std::string& cgroup, const FakeCgroup& says) const;

  CgroupVersion version_;
  std::string root_;
  unsigned removed_ = 0;
};

/// An empty directory that lives as long as the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// 64 hex digits, another set for each `seed`.
std::string fake_container_id(char seed = 'a');

}  // namespace cmm::test
