// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
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

/// How the cgroup's name is shown, in the first column: the end of it, which says most, is what is left where
/// it is too long.
struct NameColumn {
  std::size_t width = 24;
  bool cut = false;

  /// For a terminal of so many columns: all that the others leave, and never less than says which it is.
  static NameColumn of(std::size_t columns);
  [[nodiscard]] std::string show(const std::string& name) const;
};

/// The heading and the rows of the table, of the same widths.
std::string usage_heading(const NameColumn& names = {});
std::string usage_line(const UsageRow& row, const NameColumn& names = {});

}  // namespace cmm::tool
