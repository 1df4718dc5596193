// SPDX-License-Identifier: Apache-2.0
#include "support/pretended_swap.hpp"

#include <fstream>
#include <string>

namespace cmm::test {

PretendedSwap::PretendedSwap() {
  const auto other = directory_.path() + "/meminfo";
  {
    std::ifstream real{"/proc/meminfo"};
    std::ofstream text{other};
    for (std::string line; std::getline(real, line);) {
      text << (line.starts_with("SwapTotal:") ? "SwapTotal:       1048576 kB" : line) << '\n';
    }
  }
  mounts_.put_over("/proc/meminfo", other);
}

}  // namespace cmm::test
