// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "base/result.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/set_limit.hpp"
#include "cli/exit_code.hpp"

// How a command ends that can't do what it was asked for: one line with the likely cause and what to do.

namespace cmm::tool {

/// Ends the command; main prints the message, unless it is empty, and returns the code.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Something that is wrong with the command line.
Failure usage(const std::string& message);

/// What the kernel refused, with advice: what can be told from its answer, or `what_to_do`.
Failure failure(const Error& error);
Failure failure(const Error& error, std::string_view what_to_do);
Failure failure(const HierarchyError& error);
/// `memory_limit`: how a memory limit is set, where that is missing.
Failure failure(const LimitRefused& refused, std::string_view memory_limit = "set memory-max first");

template <class T, class E>
T value_of(tl::expected<T, E> result) {
  if (!result) throw failure(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Prints one line to standard error, the program's name before it. Where nobody takes it, it is lost:
/// nothing that the tool has still to do, or to return, may depend on that.
void complain(std::string_view message) noexcept;

/// Passes on what was printed to standard output. Throws Failure where it is lost; without a word where the
/// reader has gone, with the code of SIGPIPE, as that ends other programs.
void flush_output();

/// The failure of a print, where the buffer was full before flush_output() was called.
Failure output_failure(std::error_code code);

}  // namespace cmm::tool
