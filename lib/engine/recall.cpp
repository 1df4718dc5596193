// SPDX-License-Identifier: Apache-2.0
#include "engine/recall.hpp"

#include <utility>

#include "base/prefetch.hpp"

namespace cmm {

Remembered& Recall::next(Memory& memory, const CgroupRef& cgroup) {
  if (place_ == in_order_.size()) in_order_.push_back(nullptr);
  auto& remembered = in_order_[place_++];
  const bool is_it = remembered != nullptr && remembered->ruled == cgroup;
  if (!is_it) remembered = &memory.cgroups[cgroup->id];
  if (place_ < in_order_.size()) prefetch(*in_order_[place_]);
  return *remembered;
}

std::size_t Recall::end() {
  in_order_.resize(place_);
  return std::exchange(place_, 0);
}

}  // namespace cmm
