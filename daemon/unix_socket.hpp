// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace cmm {

/// Makes way for a Unix socket at `path`: removes one at which nobody listens any more, and nothing else.
/// Says in one line what is in the way; nothing where nothing is.
std::optional<std::string> make_way_for_socket(const std::string& path);

/// A file as it is at its making, so that another one which has taken its name isn't removed in its place.
class OwnFile {
 public:
  OwnFile() = default;
  explicit OwnFile(std::string path);
  /// Removes it where it is still the same one.
  void remove();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace cmm
