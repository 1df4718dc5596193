// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace cmm::test {

/// What a fuzz target is about; to be defined once in each of them.
void fuzz(std::string_view text);

/// Ends the run where something does not hold that always should: assert() is compiled out of optimised
/// builds.
inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace cmm::test
