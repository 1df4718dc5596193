// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/bytes.hpp"
#include "support/kernel_test.hpp"

namespace cmm::test {

/// By so much a cgroup's counters may lag behind: a batch of pages for each processor.
inline constexpr Bytes kSlack = MiB(2);

/// CMM_TEST_LONG=1: all of it, which takes many minutes; otherwise what fits into every run.
bool is_long();

/// CMM_TEST_SOAK_SECONDS, or what the form of the run brings.
std::chrono::seconds soak_time();

/// The last lines of a log, which may be of hours.
std::string end_of(const std::string& log);

/// Prints a row of the table in docs/reliability.md, beside the test's result.
void print_figure(const std::string& what, const std::string& figure);

}  // namespace cmm::test
