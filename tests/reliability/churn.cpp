// SPDX-License-Identifier: Apache-2.0
#include "reliability/churn.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cmm::test {

Churn::Churn(const TestCgroup& parent, std::chrono::milliseconds pause)
    : thread_([this, path = parent.absolute(), pause] { run(path, pause); }) {}

Churn::~Churn() {
  stop_ = true;
  thread_.join();
}

void Churn::run(const std::string& parent, std::chrono::milliseconds pause) {
  constexpr mode_t kMode = 0755;
  std::string last;
  while (!stop_) {
    const auto next = fmt::format("{}/docker-{:064x}.scope", parent, count_.load());
    if (::mkdir(next.c_str(), kMode) != 0) return;
    if (!last.empty() && ::rmdir(last.c_str()) != 0) return;
    last = next;
    ++count_;
    std::this_thread::sleep_for(pause);
  }
  if (!last.empty()) ::rmdir(last.c_str());
}

}  // namespace cmm::test
