// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "model/inspection.hpp"

namespace cmm::tool {

/// One look at one cgroup, with what changed since the last.
struct UsageRow {
  Inspection seen;
  std::optional<Bytes> refaults_per_second;  ///< absent at the first look
};

/// Looks at cgroups again and again.
class UsageWatch {
 public:
  /// Nothing where the cgroup is gone. Throws Failure for other errors.
  std::optional<UsageRow> look(const std::string& path);

 private:
  struct Before {
    std::chrono::steady_clock::time_point at;
    Bytes refaults;
  };
  std::map<std::string, Before> before_;
};

/// The heading and the rows of the table, of the same widths.
std::string usage_heading();
std::string usage_line(const UsageRow& row);

}  // namespace cmm::tool
