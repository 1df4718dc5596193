// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "support/cgroup_sandbox.hpp"
#include "support/test_environment.hpp"

namespace cmm::test {

/// A file whose pages are charged to whoever reads or writes them first. Removed at its end, with its cache.
///
/// It starts as one hole: its pages are cached, clean and dropped like those of any file, but reading them
/// doesn't wait for the disk.
class DataFile {
 public:
  DataFile(const DataDirectory& directory, const std::string& name, Bytes size);
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;
  ~DataFile();

  [[nodiscard]] Bytes size() const { return size_; }

  /// For work in a cgroup, or for anybody: reads all of it.
  void read(unsigned times = 1) const;
  /// … or this much of it from there on, less where it ends.
  void read_part(Bytes from, Bytes size) const;
  /// … or maps it and reads a byte of each page, which costs less than the kernel's work for it.
  void touch() const;
  /// For work in a cgroup: writes all of it anew and leaves the pages dirty.
  void write() const;
  /// For work in a cgroup: maps all of it and locks it into memory.
  void lock_into_memory() const;

  /// Brings what was written to the disk; the pages stay, clean.
  void sync() const;
  /// Has the kernel begin to bring them there, and doesn't wait.
  void start_writeback() const;
  /// Drops its pages from the cache, whoever they are charged to.
  void evict() const;
  /// How much of it is in the page cache.
  [[nodiscard]] Bytes resident() const;

 private:
  std::string path_;
  Bytes size_;
};

/// Reads a file into the cgroup's page cache; what of it others had in theirs goes before.
void fill_clean(const TestCgroup& cgroup, const DataFile& file, unsigned times = 1);

/// What is at least seen of so much cache that nobody has reclaimed. A kernel may take some by itself: with
/// DAMON (damon_reclaim) it pages out what seems cold, and a page that it is moving isn't counted.
constexpr Bytes nearly(Bytes bytes) { return Bytes{bytes.count() / 10 * 9}; }

/// Fills the cgroup's page cache with dirty pages.
void fill_dirty(const TestCgroup& cgroup, const DataFile& file);

}  // namespace cmm::test
