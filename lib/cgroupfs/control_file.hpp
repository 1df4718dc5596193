// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <vector>

#include "base/unique_fd.hpp"

// The system calls on control files. Whoever calls knows which file it was and makes an Error of the code.

namespace cmm {

/// A value, or what the kernel said instead.
template <class T>
using Io = tl::expected<T, std::error_code>;

/// Opens `name` below the directory `dir`; O_CLOEXEC and O_NOFOLLOW are added.
Io<UniqueFd> open_at(int dir, const char* name, int flags);

/// Reads control files. One buffer serves all of them: each content is valid until the next read.
class ControlFileReader {
 public:
  /// A file with one line: one read brings it whole.
  Io<std::string_view> read_line(int fd);
  /// The whole content, read until 0: kernfs may return less than there is. EFBIG above 64 MiB.
  Io<std::string_view> read_all(int fd);
  /// Opens, reads all and closes.
  Io<std::string_view> read_at(int dir, const char* name);

 private:
  std::vector<char> buffer_ = std::vector<char>(4096);
};

/// Writes `text` in one write, as control files want it.
std::error_code write_control(int fd, std::string_view text);

}  // namespace cmm
