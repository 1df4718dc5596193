// SPDX-License-Identifier: Apache-2.0
#include "reliability/reliability_test.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace cmm::test {

using namespace std::chrono_literals;

bool is_long() {
  const char* given = std::getenv("CMM_TEST_LONG");
  return given != nullptr && std::string_view{given} == "1";
}

std::chrono::seconds soak_time() {
  const char* given = std::getenv("CMM_TEST_SOAK_SECONDS");
  if (given != nullptr && *given != '\0') return std::chrono::seconds{std::stol(given)};
  return is_long() ? 30min : 3min;
}

std::string end_of(const std::string& log) {
  constexpr std::size_t kEnough = 5000;
  return log.size() <= kEnough ? log : "…" + log.substr(log.size() - kEnough);
}

void print_figure(const std::string& what, const std::string& figure) {
  std::printf("[  FIGURE  ] %s: %s: %s\n", environment_name().c_str(), what.c_str(), figure.c_str());
  std::fflush(stdout);
}

}  // namespace cmm::test
