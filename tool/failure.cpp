// SPDX-License-Identifier: Apache-2.0
#include "tool/failure.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <exception>

#include "cli/standard_output.hpp"
#include "config/text.hpp"

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

Failure failure(const Error& error, std::string_view what_to_do) {
  return {exit_code(error.code), fmt::format("{}; {}", error.message(), what_to_do)};
}

Failure failure(const HierarchyError& error) { return {exit_code_of(error.fault), error.message}; }

Failure failure(const LimitRefused& refused, std::string_view memory_limit) {
  const auto what_to_do =
      refused.needs_memory_limit ? fmt::format("; {}", memory_limit) : std::string{advice(refused.code)};
  return {exit_code(refused.code), refused.message + what_to_do};
}

void complain(std::string_view message) noexcept {
  try {
    // A path may have a line's end in it, and an error is one line.
    const auto line = fmt::format("cgroup-tool: {}\n", printable(message));
    static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
  } catch (const std::exception&) {
    // Not even memory for the line: there is nobody left to tell.
  }
}

void flush_output() {
  if (const auto error = flush_standard_output()) throw output_failure(error);
}

Failure output_failure(std::error_code code) {
  if (code == std::errc::broken_pipe) return {static_cast<ExitCode>(128 + SIGPIPE), ""};
  return {ExitCode::failure, Error{code, "write to", "standard output"}.message()};
}

}  // namespace cmm::tool
