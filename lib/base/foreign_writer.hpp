// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

namespace cmm {

/// Who besides root and the user `self` may change a file, and the remedy, in words: "group 100 may change
/// it; chmod go-w PATH". None: nobody. By owner and mode; of an ACL the mode has the most that it allows, as
/// that of the group. Pure.
std::optional<std::string> foreign_writer(const struct stat& file, uid_t self, std::string_view path);

/// The same for an open file and this process's effective user: what is read afterwards is what was looked
/// at, whatever became of the path.
std::optional<std::string> foreign_writer(int fd, std::string_view path);

}  // namespace cmm
