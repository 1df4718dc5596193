// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.hpp"
#include "base/unique_fd.hpp"
#include "model/workload.hpp"

namespace cmm {

/// The links that the kubelet keeps to the logs of its containers (/var/log/containers): from a container's
/// id to its names, without asking an API server. For one thread.
///
/// inotify says which come and go; the directory is listed at first, when events were lost, and each time
/// where there is no inotify to be had.
class LogLinks {
 public:
  explicit LogLinks(std::string directory) : directory_(std::move(directory)) {}

  /// Takes in what has changed; a directory that isn't there is looked for again. Doesn't wait.
  void refresh();

  /// Null where no link has this id.
  [[nodiscard]] const ContainerNames* find(const std::string& container_id) const;

  /// Another number after each refresh that has changed something; 0 before the first one.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  /// Why the directory can't be read; nothing where it can.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  void watch();
  bool read_events();
  void take(std::uint32_t mask, std::string_view name);
  void list();
  void add(std::string_view name);
  void remove(std::string_view name);

  std::string directory_;
  UniqueFd inotify_;
  int watch_ = -1;
  std::unordered_map<std::string, ContainerNames> names_;
  std::uint64_t version_ = 0;
  std::optional<Error> error_;
};

}  // namespace cmm
