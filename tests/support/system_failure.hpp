// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace cmm::test {

/// Throws what errno says of this action.
[[noreturn]] inline void fail(const std::string& action) {
  throw std::system_error{errno, std::generic_category(), action};
}

}  // namespace cmm::test
