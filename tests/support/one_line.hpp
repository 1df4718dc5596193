// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "support/process.hpp"

namespace cmm::test {

/// Ended with this code, printed nothing to standard output and one line, which is so, to standard error.
inline void expect_one_line(const Finished& result, int code, const testing::Matcher<std::string>& is_so) {
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.status, (ExitStatus{code, 0}));
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  EXPECT_THAT(result.err, testing::EndsWith("\n"));
  EXPECT_THAT(result.err, is_so);
}

}  // namespace cmm::test
