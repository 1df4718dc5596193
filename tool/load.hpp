// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

// What test-memory and stress-memory fill a cgroup with, in a process of its own that is confined to it.

namespace cmm::tool {

enum class LoadKind { anon, cache, dirty, shmem };

std::string_view to_string(LoadKind kind);

/// "anon,cache", or "mixed" for all kinds. Throws Failure.
std::vector<LoadKind> parse_load_kinds(const std::string& text);

/// How far a load has come, and why it got no further, seen by the tool while the other process works on it.
class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void set(Bytes bytes) { shared_->bytes.store(bytes.count(), std::memory_order_relaxed); }
  [[nodiscard]] Bytes get() const { return Bytes{shared_->bytes.load(std::memory_order_relaxed)}; }

  /// Says why it fails; the end of the process follows, and is what makes it to be seen.
  void fail(std::string_view why);
  /// Why the process that has ended so, as wait(2) tells, ended: "failed: …", "was ended by SIGTERM".
  [[nodiscard]] std::string end_text(int status) const;

 private:
  struct Shared {
    std::atomic<std::uint64_t> bytes{0};
    std::array<char, 1024> why{};
  };
  Shared* shared_;
};

/// The pages that are touched for a load of `size`: whole ones, and one at least.
Bytes in_whole_pages(Bytes size);

/// The kernel shall end this process, and none of the workload's, when the cgroup is out of memory.
void volunteer_for_oom();

/// Touches anonymous memory page by page up to `size`, and waits until the process is killed. Reports each
/// step. Returns an exit code where it can't.
int grow_anonymous(Bytes size, Progress& progress);

/// Brings `size` of one kind into the cgroup and keeps it in use until the process is killed. Files are made
/// in `directory`, without a name: nothing of them is left. Returns an exit code where it can't.
int hold(LoadKind kind, Bytes size, const std::string& directory, Progress& progress);

}  // namespace cmm::tool
