// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/control_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>

#include "base/error.hpp"

namespace cmm {
namespace {

// The longest that there can be is cgroup.procs, with four million processes half of that. A power of two, as
// the buffer's size.
constexpr std::size_t kLargestFile = std::size_t{64} << 20U;

}  // namespace

Io<UniqueFd> open_at(int dir, const char* name, int flags) {
  UniqueFd fd{::openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd) return tl::unexpected{last_error()};
  return fd;
}

Io<std::string_view> ControlFileReader::read_line(int fd) {
  const auto n = ::pread(fd, buffer_.data(), buffer_.size(), 0);
  if (n < 0) return tl::unexpected{last_error()};
  const std::string_view text{buffer_.data(), static_cast<std::size_t>(n)};
  // Without its newline the line goes on: an odd kernel, or no kernel at all. Read on as for any file.
  return text.ends_with('\n') ? text : read_all(fd);
}

Io<std::string_view> ControlFileReader::read_all(int fd) {
  std::size_t size = 0;
  while (true) {
    if (size == kLargestFile) return tl::unexpected{std::make_error_code(std::errc::file_too_large)};
    if (size == buffer_.size()) buffer_.resize(2 * size);
    const auto n = ::pread(fd, buffer_.data() + size, buffer_.size() - size, static_cast<off_t>(size));
    if (n < 0) return tl::unexpected{last_error()};
    if (n == 0) return std::string_view{buffer_.data(), size};
    size += static_cast<std::size_t>(n);
  }
}

Io<std::string_view> ControlFileReader::read_at(int dir, const char* name) {
  const auto fd = open_at(dir, name, O_RDONLY);
  if (!fd) return tl::unexpected{fd.error()};
  return read_all(fd->get());
}

std::error_code write_control(int fd, std::string_view text) {
  const auto n = ::write(fd, text.data(), text.size());
  if (n < 0) return last_error();
  // A control file takes all or nothing; a journal on a full file system takes a part, which is as good as
  // none.
  if (static_cast<std::size_t>(n) < text.size()) return std::make_error_code(std::errc::no_space_on_device);
  return {};
}

}  // namespace cmm
