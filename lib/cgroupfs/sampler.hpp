// SPDX-License-Identifier: Apache-2.0
#pragma once

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
  explicit Sampler(const Hierarchy& hierarchy);

  /// The cheap half of a sample, without `cache` and `swappable`: a plain counter, and the limits as
  /// remembered. The limits are read when it is the target's turn, unless read_cache() is sure to follow
  /// (memory.stat is held). The effective limit is at most `node_total` (MemTotal), which is also what v1's
  /// "unlimited" comes down to.
  Result<MemorySample> read_usage(const Branch& branch, Target& target, Bytes node_total, bool is_turn);

  /// Adds the expensive half to a sample: memory.stat, which makes the kernel flush its statistics. The hard
  /// limit is always as of now then; v1 has it in memory.stat.
  Result<MemorySample> read_cache(const Branch& branch, Target& target, Bytes node_total, bool is_turn,
                                  MemorySample sample);

  /// False where the cgroup's own memory.swap.max forbids swap, as the kubelet sets it on v2; true where
  /// there is no such file. A limit on an ancestor isn't looked at: the answer errs to "may".
  Result<bool> may_swap(const Branch& branch, Target& target);

  /// To be called when done with a target: closes what isn't worth holding. `over_threshold`: it will need
  /// memory.stat next time as well.
  void release(Target& target, bool over_threshold);

 private:
  std::error_code open_directory(const Branch& branch, Target& target);
  Result<Bytes> effective_limit(const Branch& branch, Target& target, Bytes node_total, LimitLook look);
  Error failure(Target& target, const Branch& branch, std::error_code code, const char* file);

  std::string mount_;
  const MemoryInterface& interface_;
  ControlFileReader reader_;
};

}  // namespace cmm
