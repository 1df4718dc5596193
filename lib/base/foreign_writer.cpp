// SPDX-License-Identifier: Apache-2.0
#include "base/foreign_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace cmm {

std::optional<std::string> foreign_writer(const struct stat& file, uid_t self, std::string_view path) {
  std::vector<std::string> who;
  std::vector<std::string> remedies;
  if (file.st_uid != 0 && file.st_uid != self) {
    who.push_back(fmt::format("user {}, its owner,", file.st_uid));
    remedies.push_back(fmt::format("chown root {}", path));
  }
  if ((file.st_mode & S_IWGRP) != 0) who.push_back(fmt::format("group {}", file.st_gid));
  if ((file.st_mode & S_IWOTH) != 0) who.emplace_back("everybody");
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0) remedies.push_back(fmt::format("chmod go-w {}", path));
  if (who.empty()) return std::nullopt;
  return fmt::format("{} may change it; {}", fmt::join(who, " and "), fmt::join(remedies, " && "));
}

std::optional<std::string> foreign_writer(int fd, std::string_view path) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) {
    return fmt::format("nobody knows who may change it: {}", std::generic_category().message(errno));
  }
  return foreign_writer(file, ::geteuid(), path);
}

}  // namespace cmm
