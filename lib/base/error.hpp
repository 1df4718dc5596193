// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <system_error>

namespace cmm {

/// A surprise: something that the kernel or a file did that is no ordinary outcome.
struct Error {
  std::error_code code;  ///< what the kernel said; std::errc::bad_message for content that makes no sense
  std::string action;    ///< what was tried, as a verb: "open", "read", "write"
  std::string path;      ///< the file it was tried on

  /// "cannot open /sys/fs/cgroup/x/memory.stat: Permission denied"
  [[nodiscard]] std::string message() const;

  friend bool operator==(const Error&, const Error&) = default;
};

/// The calling thread's errno; call it before anything else can overwrite that.
std::error_code last_error();

/// An Error with last_error().
Error errno_error(std::string action, std::string path);

/// True for the codes that say that the cgroup (or file) is not there any more: ENOENT, ENODEV.
bool is_gone(const std::error_code& code);

/// True for the codes that say that this process may not: EACCES, EPERM, EROFS.
bool is_denied(const std::error_code& code);

}  // namespace cmm
