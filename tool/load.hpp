// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// How far a load has come, seen by the tool while the other process works on it.
class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void set(Bytes bytes) { shared_->store(bytes.count(), std::memory_order_relaxed); }
  [[nodiscard]] Bytes get() const { return Bytes{shared_->load(std::memory_order_relaxed)}; }

 private:
  std::atomic<std::uint64_t>* shared_;
};

/// The kernel shall end this process, and none of the workload's, when the cgroup is out of memory.
void volunteer_for_oom();

/// Touches anonymous memory page by page up to `size`, and keeps it. Reports each step.
void grow_anonymous(Bytes size, Progress& progress);

/// Brings `size` of one kind into the cgroup and keeps it in use until the process is killed. Files are made
/// in `directory`, without a name: nothing of them is left. Returns an exit code where it can't.
int hold(LoadKind kind, Bytes size, const std::string& directory, Progress& progress);

}  // namespace cmm::tool
