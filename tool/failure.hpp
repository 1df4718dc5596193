// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "base/result.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "cgroupfs/set_limit.hpp"
#include "cli/exit_code.hpp"

// How a command ends that can't do what it was asked for: one line with the likely cause and what to do.

namespace cmm::tool {

/// Ends the command; main prints the message and returns the code.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Something that is wrong with the command line.
Failure usage(const std::string& message);

/// What the kernel refused, with advice.
Failure failure(const Error& error);
Failure failure(const HierarchyError& error);
Failure failure(const LimitRefused& refused);

template <class T, class E>
T value_of(tl::expected<T, E> result) {
  if (!result) throw failure(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace cmm::tool
