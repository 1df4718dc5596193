// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "cgroupfs/hierarchy.hpp"

// What the tests on real kernels find where they run; the variables are those of tests/vm/README.md.

namespace cmm::test {

/// The hierarchy with the memory controller. Throws where there is none.
const Hierarchy& memory_hierarchy();
bool is_v1();

/// CMM_TEST_ENVIRONMENT; "host" where it isn't set.
std::string environment_name();
/// True in a machine of tests/vm, which nobody else uses.
bool in_vm();

/// CMM_TEST_SWAP: a device made by mkswap, for the test to switch on and off.
std::optional<std::string> swap_device();

/// Anonymous memory can be told apart by the running kernel: v1, and v2 where memory.reclaim takes
/// swappiness=. `reclaim_file` is the memory.reclaim of any cgroup of the test's own.
bool kernel_takes_swappiness(const std::string& reclaim_file);

/// Asks again and again until it is so; false where it isn't before the deadline.
bool eventually(const std::function<bool()>& is_so,
                std::chrono::milliseconds deadline = std::chrono::seconds{30});

/// CMM_TEST_DATA (default /var/tmp), which lies on a disk.
std::string data_place();
/// CMM_TEST_SLOW_DATA: a file system on a disk that takes seconds for a MiB.
std::optional<std::string> slow_data_place();

/// A directory of the test's own; removed at the end.
class DataDirectory {
 public:
  explicit DataDirectory(const std::string& place = data_place());
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cmm::test
