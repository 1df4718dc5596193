// SPDX-License-Identifier: Apache-2.0
#include "tool/room.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/inspect.hpp"
#include "cgroupfs/node_memory.hpp"
#include "cgroupfs/processes.hpp"
#include "tool/failure.hpp"

namespace cmm::tool {
namespace {

// What is on its way to the disk can be freed when it is there.
constexpr int kTries = 40;
constexpr auto kBetweenTries = std::chrono::milliseconds{250};

Bytes amount(const std::optional<Bytes>& bytes) { return bytes.value_or(Bytes{}); }

Bytes not_on_disk(const Inspection& seen) { return amount(seen.stat.dirty) + amount(seen.stat.writeback); }

/// At most: ancestors and others may leave less of it.
Bytes room_for_swap(const Inspection& seen) {
  const auto of_node = value_of(read_node_memory()).swap_total;
  const auto allowed = seen.swap_max ? seen.swap_max->value_or(of_node) : Bytes{};
  return std::min(allowed, of_node) - amount(seen.swap);
}

/// What is kept whatever is tried: memory that only swap takes.
Bytes never_freed(const Inspection& seen) {
  return std::min(amount(seen.stat.anon) + amount(seen.stat.shmem), seen.usage) - room_for_swap(seen);
}

/// The same without a way to try: all that is no cache.
Bytes probably_kept(const Inspection& seen) {
  return seen.usage - (amount(seen.stat.file) - amount(seen.stat.shmem)) - room_for_swap(seen);
}

/// False: it doesn't come down.
bool reclaim_down_to(const Hierarchy& hierarchy, const std::string& path, Bytes limit, int reclaim) {
  auto seen = value_of(inspect(hierarchy, path));
  for (int tries = 0; tries < kTries && never_freed(seen) <= limit; ++tries) {
    // What it returns says less than the usage that follows.
    static_cast<void>(write_control(reclaim, std::to_string((seen.usage - limit).count())));
    const auto before = seen.usage;
    seen = value_of(inspect(hierarchy, path));
    if (seen.usage <= limit) return true;
    if (not_on_disk(seen) == Bytes{} && seen.usage >= before) return false;
    // Some kernels with the multi-generational LRU don't begin to write because of a reclaim.
    if (tries == 0) ::sync();
    std::this_thread::sleep_for(kBetweenTries);
  }
  return false;
}

}  // namespace

void make_room(const Hierarchy& hierarchy, const std::string& path, Bytes limit) {
  const auto seen = value_of(inspect(hierarchy, path));
  // Without a process there is none to be killed.
  if (seen.usage <= limit || value_of(list_processes(hierarchy.mount, path)).empty()) return;
  const auto* name = memory_interface(hierarchy.version).reclaim;
  const auto file = open_at(AT_FDCWD, fmt::format("{}/{}/{}", hierarchy.mount, path, name).c_str(), O_WRONLY);
  const bool comes_down =
      file ? reclaim_down_to(hierarchy, path, limit, file->get()) : probably_kept(seen) <= limit;
  if (comes_down) return;
  throw Failure{ExitCode::failure,
                fmt::format("cgroup '{}' uses {}, and not enough of it can be freed: with a limit of {} the "
                            "kernel would kill processes in it; end something in it first, or give --force",
                            path, human(value_of(inspect(hierarchy, path)).usage), human(limit))};
}

}  // namespace cmm::tool
