// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace cmm {

std::string Error::message() const {
  const auto why = code == std::errc::bad_message ? std::string{"unexpected content"} : code.message();
  return fmt::format("cannot {} {}: {}", action, path, why);
}

std::error_code last_error() { return {errno, std::generic_category()}; }

Error errno_error(std::string action, std::string path) {
  return {last_error(), std::move(action), std::move(path)};
}

bool is_gone(const std::error_code& code) {
  return code == std::errc::no_such_file_or_directory || code == std::errc::no_such_device;
}

bool is_denied(const std::error_code& code) {
  return code == std::errc::permission_denied || code == std::errc::operation_not_permitted ||
         code == std::errc::read_only_file_system;
}

}  // namespace cmm
