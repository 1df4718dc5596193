// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/text_file.hpp"

#include <fcntl.h>

#include "cgroupfs/control_file.hpp"

namespace cmm {

Result<std::string> read_file(const std::string& path) {
  ControlFileReader reader;
  const auto text = reader.read_at(AT_FDCWD, path.c_str());
  if (!text) return tl::unexpected{Error{text.error(), "read", path}};
  return std::string{*text};
}

std::string below(const std::string& root, const std::string& path) {
  return root == "/" ? path : root + path;
}

}  // namespace cmm
