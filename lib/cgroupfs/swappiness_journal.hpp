// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "model/cgroup.hpp"

namespace cmm {

/// The memory.swappiness that one cgroup had before it was set to 0.
struct Swappiness {
  CgroupId id;
  std::uint64_t value = 0;
  std::string path;  ///< below the mount; may hold blanks, never a newline (the kernel refuses it in names)

  friend bool operator==(const Swappiness&, const Swappiness&) = default;
};

/// Writes down what is about to be changed, so that it can be put back even after kill -9.
///
/// One file per process, "swappiness.<pid>" in the runtime directory, locked while the process lives: whoever
/// can lock another one's file knows that its owner died and replays it. Append-only, one record per write: a
/// torn last line is a change that wasn't made yet. Thread-safe.
class SwappinessJournal {
 public:
  /// Makes the directory and this process's file, and takes over what dead processes left: see `orphans`.
  static Result<std::unique_ptr<SwappinessJournal>> open(const std::string& directory);
  ~SwappinessJournal();
  SwappinessJournal(const SwappinessJournal&) = delete;
  SwappinessJournal& operator=(const SwappinessJournal&) = delete;

  /// To be called before the change. On an error nothing may be changed.
  Result<void> add(const Swappiness& old);
  /// To be called after the value was put back.
  void remove(const Swappiness& old);

  /// What dead processes left changed; each is now this journal's own to remove().
  [[nodiscard]] const std::vector<Swappiness>& orphans() const { return orphans_; }

 private:
  SwappinessJournal(std::string path, UniqueFd file);
  Result<void> append(std::string_view record);
  Result<void> adopt(const std::string& directory);

  std::string path_;
  UniqueFd file_;
  std::mutex mutex_;
  std::size_t open_records_ = 0;
  std::vector<Swappiness> orphans_;
};

/// The records of a journal that were added and not removed; lines that make no sense are passed over. Pure.
std::vector<Swappiness> open_records(std::string_view journal);

}  // namespace cmm
