// SPDX-License-Identifier: Apache-2.0
#include "model/reclaim.hpp"

namespace cmm {

std::string_view to_string(ReclaimEnd end) {
  switch (end) {
    case ReclaimEnd::target_reached:
      return "target reached";
    case ReclaimEnd::no_progress:
      return "no progress";
    case ReclaimEnd::out_of_time:
      return "out of time";
    case ReclaimEnd::out_of_cpu:
      return "out of CPU time";
    case ReclaimEnd::out_of_bytes:
      return "out of bytes";
    case ReclaimEnd::under_pressure:
      return "under pressure";
    case ReclaimEnd::stopped:
      return "stopped";
    case ReclaimEnd::cgroup_gone:
      return "cgroup gone";
    case ReclaimEnd::denied:
      return "denied";
    case ReclaimEnd::unsupported:
      return "unsupported";
    case ReclaimEnd::failed:
      return "failed";
  }
  return "?";
}

}  // namespace cmm
