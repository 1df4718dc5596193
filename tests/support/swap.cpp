// SPDX-License-Identifier: Apache-2.0
#include "support/swap.hpp"

#include <sys/swap.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace cmm::test {

SwapOn::SwapOn(std::string device) : device_(std::move(device)) {
  if (::swapon(device_.c_str(), 0) != 0) {
    throw std::system_error{errno, std::generic_category(), "swapon " + device_};
  }
}

SwapOn::~SwapOn() { ::swapoff(device_.c_str()); }

}  // namespace cmm::test
