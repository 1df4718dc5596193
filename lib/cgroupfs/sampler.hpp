// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "cgroupfs/cgroup_tree.hpp"
#include "cgroupfs/parse.hpp"
#include "model/limit.hpp"
#include "model/memory_sample.hpp"

namespace cmm {

/// Reads samples through the tree's descriptors. Where an error comes from the cgroup's removal, the target
/// is marked as gone. For one thread.
class Sampler {
 public:
  /// `root` stands for "/" where the node's PSI is looked for.
  explicit Sampler(const Hierarchy& hierarchy, std::string root = "/");

  /// The cheap half of a sample, without `cache` and `guards`: a plain counter, and the limits as
  /// remembered. The limits are read when it is the target's turn, unless read_cache() is sure to follow
  /// (memory.stat is held). The effective limit is at most `node_total` (MemTotal), which is also what v1's
  /// "unlimited" comes down to.
  Result<MemorySample> read_usage(const Branch& branch, Target& target, Bytes node_total, bool is_turn);

  /// Adds the expensive half to a sample: memory.stat, which makes the kernel flush its statistics. On v1 it
  /// has the hard limit as of now; on v2 that is read when it is the target's turn.
  Result<MemorySample> read_cache(const Branch& branch, Target& target, Bytes node_total, bool is_turn,
                                  MemorySample sample);

  /// The effective limit as of now, for a target that is to be reclaimed.
  Result<Bytes> read_limit(Branch& branch, Target& target, Bytes node_total);

  /// What may speak against reclaiming it. Swap is possible where `swap_matters`, unless the cgroup's own
  /// memory.swap.max forbids it, as the kubelet sets it on v2. A limit on an ancestor isn't looked at: the
  /// answer errs to "may".
  Result<GuardSample> read_guards(const Branch& branch, Target& target, bool swap_matters);

  /// The counter of cache that was read back after it had been evicted, in bytes; absent where this kernel
  /// has none.
  Result<std::optional<Bytes>> read_refaults(const Branch& branch, Target& target);

  /// To be called when done with a target: closes what isn't worth holding. `over_threshold`: it will need
  /// memory.stat next time as well.
  void release(Target& target, bool over_threshold);

 private:
  /// At the target's own limits, and at those of a container's payload.
  struct Looks {
    LimitLook own;
    LimitLook payload;
  };

  std::error_code open_directory(const Branch& branch, Target& target);
  Result<bool> may_swap(const Branch& branch, Target& target);
  Io<Limit> payload_limit(Target& target, LimitLook look);
  Io<Limit> read_payload_limit(int container);
  Result<Bytes> effective_limit(const Branch& branch, Target& target, Bytes node_total, Looks looks);
  Error failure(Target& target, const Branch& branch, std::error_code code, const char* file);

  std::string mount_;
  std::string root_;
  const MemoryInterface& interface_;
  ControlFileReader reader_;
};

}  // namespace cmm
