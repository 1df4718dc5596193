// SPDX-License-Identifier: Apache-2.0
#include "tool/failure.hpp"

#include <string_view>

namespace cmm::tool {
namespace {

ExitCode exit_code(std::error_code code) {
  if (is_denied(code)) return ExitCode::no_permission;
  if (is_gone(code) || code == std::errc::not_supported) return ExitCode::unavailable;
  if (code == std::errc::invalid_argument) return ExitCode::usage;
  return ExitCode::failure;
}

std::string_view advice(std::error_code code) {
  if (code == std::errc::read_only_file_system) {
    return "; the cgroup file system is mounted read-only here, as it is inside most containers";
  }
  if (is_denied(code)) return "; run it as root, or on a cgroup that was delegated to you";
  if (is_gone(code)) {
    return "; the cgroup was removed meanwhile, or the controller isn't enabled in it, as cgroup-tool create "
           "does";
  }
  if (code == std::errc::resource_unavailable_try_again) {
    return "; an ancestor's cgroup.max.depth or cgroup.max.descendants doesn't allow more cgroups";
  }
  if (code == std::errc::device_or_resource_busy) {
    return "; it is in use: a cgroup with processes can't be removed, nor, on v2, hand controllers down";
  }
  if (code == std::errc::invalid_argument) return "; the kernel doesn't take this name or value";
  return "";
}

}  // namespace

Failure usage(const std::string& message) { return {ExitCode::usage, message}; }

Failure failure(const Error& error) {
  return {exit_code(error.code), error.message() + std::string{advice(error.code)}};
}

Failure failure(const HierarchyError& error) { return {exit_code_of(error.fault), error.message}; }

Failure failure(const LimitRefused& refused) {
  // v1 alone says so of a limit.
  const bool is_full = refused.code == std::errc::device_or_resource_busy;
  const std::string what_to_do{is_full ? "; more is in use than the kernel can free" : advice(refused.code)};
  return {exit_code(refused.code), refused.message + what_to_do};
}

}  // namespace cmm::tool
