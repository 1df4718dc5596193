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
/// can lock another one's file knows that its owner died and replays it. One record is appended per write: a
/// torn last line is a change that wasn't made yet. It starts anew when nothing is open, and where something
/// stays open for long (a reclaim hangs), a shorter file takes its place. A file that others may change isn't
/// believed, nor written to. Thread-safe.
class SwappinessJournal {
 public:
  /// Makes the directory and this process's file, and takes over what dead processes left: see `orphans`. A
  /// directory that is a link is an error.
  static Result<std::unique_ptr<SwappinessJournal>> open(const std::string& directory);
  ~SwappinessJournal();
  SwappinessJournal(const SwappinessJournal&) = delete;
  SwappinessJournal& operator=(const SwappinessJournal&) = delete;

  /// To be called before the change. On an error nothing may be changed.
  Result<void> add(const Swappiness& old);
  /// To be called after the value was put back. Linear in the records that are open.
  void remove(const Swappiness& old);

  /// What dead processes left changed; each is now this journal's own to remove().
  [[nodiscard]] const std::vector<Swappiness>& orphans() const { return orphans_; }

  /// The files of others that weren't replayed and stay where they are: for each one line with its path, why,
  /// and the remedy.
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }

 private:
  SwappinessJournal(std::string directory, UniqueFd dir);
  Result<void> open_own();
  Result<void> append(std::string_view record);
  void shorten();
  Result<void> adopt();
  Result<void> adopt_own();
  Result<void> adopt(const std::string& name);
  [[nodiscard]] std::string path_of(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
  UniqueFd dir_;
  std::string own_;  // the name of this process's file
  UniqueFd file_;
  std::mutex mutex_;
  std::vector<Swappiness> open_;
  std::uint64_t shorten_at_;  // bytes of the file
  std::vector<Swappiness> orphans_;
  std::vector<std::string> refused_;
};

/// The records of a journal that were added and not removed. Lines that make no sense are passed over, as are
/// those whose path would lead out of the hierarchy. Pure.
std::vector<Swappiness> open_records(std::string_view journal);

}  // namespace cmm
