// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "support/cgroup_sandbox.hpp"

namespace cmm::test {

/// Containers that are made and removed below a cgroup for as long as it lives, by a thread of its own.
class Churn {
 public:
  /// `pause` lies between two of them; each lives until the next one is made.
  Churn(const TestCgroup& parent, std::chrono::milliseconds pause);
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;
  ~Churn();

  /// How many were made and removed so far.
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  void run(const std::string& parent, std::chrono::milliseconds pause);

  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> count_ = 0;
  std::thread thread_;
};

}  // namespace cmm::test
