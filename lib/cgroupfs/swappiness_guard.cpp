// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/swappiness_guard.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "cgroupfs/cgroup_files.hpp"
#include "cgroupfs/control_file.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/parse.hpp"

namespace cmm {
namespace {

constexpr const char* kFile = "memory.swappiness";

Io<std::uint64_t> read_swappiness(int dir) {
  ControlFileReader reader;
  const auto text = reader.read_at(dir, kFile);
  if (!text) return tl::unexpected{text.error()};
  const auto value = parse_number(*text);
  if (!value) return tl::unexpected{std::make_error_code(std::errc::bad_message)};
  return *value;
}

std::error_code write_swappiness(int dir, std::uint64_t value) {
  const auto file = open_at(dir, kFile, O_WRONLY);
  if (!file) return file.error();
  return write_control(file->get(), fmt::format("{}", value));
}

/// True where the cgroup is as it was or doesn't exist any more.
bool put_back(int dir, std::uint64_t value) {
  const auto now = read_swappiness(dir);
  if (!now) return is_gone(now.error());
  if (*now != 0) return true;
  const auto error = write_swappiness(dir, value);
  return !error || is_gone(error);
}

/// The same for a cgroup by its path below an open directory.
bool put_back_at(int base, const std::string& path, const Swappiness& record) {
  const auto dir = open_cgroup(base, path.c_str(), record.id);
  return dir ? put_back(dir->get(), record.value) : is_gone(dir.error());
}

/// Children that no record knows were made while their parent stood at 0, and inherited it.
void put_back_inherited(int dir, std::uint64_t parents_value, const std::vector<Swappiness>& known) {
  const auto children = list_child_cgroups(dir);
  if (!children) return;
  for (const auto& child : *children) {
    const auto child_dir = open_cgroup(dir, child.name.c_str(), child.id);
    if (!child_dir) continue;
    const auto record = std::find_if(known.begin(), known.end(),
                                     [&](const Swappiness& entry) { return entry.id == child.id; });
    const auto value = record != known.end() ? record->value : parents_value;
    if (record == known.end()) put_back(child_dir->get(), value);
    put_back_inherited(child_dir->get(), value, known);
  }
}

}  // namespace

Result<SwappinessGuard> SwappinessGuard::set(SwappinessJournal& journal, int dir, const Cgroup& cgroup) {
  SwappinessGuard guard{journal, dir};
  if (auto silenced = guard.silence(dir, cgroup.path, cgroup.id); !silenced)
    return tl::unexpected{silenced.error()};
  return guard;
}

// From the top down: what is made below meanwhile inherits 0 from a parent that is recorded already. Zeros
// are recorded too, to tell a child that had 0 of its own from one that inherited it.
Result<void> SwappinessGuard::silence(int dir, const std::string& path, CgroupId id) {
  const auto old = read_swappiness(dir);
  if (!old && is_gone(old.error())) return {};
  if (!old) return tl::unexpected{Error{old.error(), "read", path + "/" + kFile}};
  const Swappiness record{id, *old, path};
  if (auto added = journal_->add(record); !added) return added;
  changed_.push_back(record);
  if (*old != 0) {
    const auto error = write_swappiness(dir, 0);
    if (error && !is_gone(error)) return tl::unexpected{Error{error, "write", path + "/" + kFile}};
  }
  return silence_below(dir, path);
}

// A child that can't be reached can't be spared: then there is no reclaim at all.
Result<void> SwappinessGuard::silence_below(int dir, const std::string& path) {
  const auto children = list_child_cgroups(dir);
  if (!children && is_gone(children.error())) return {};
  if (!children) return tl::unexpected{Error{children.error(), "list", path}};
  for (const auto& child : *children) {
    const auto child_path = path + "/" + child.name;
    const auto child_dir = open_cgroup(dir, child.name.c_str(), child.id);
    if (!child_dir && is_gone(child_dir.error())) continue;
    if (!child_dir) return tl::unexpected{Error{child_dir.error(), "open", child_path}};
    if (auto below = silence(child_dir->get(), child_path, child.id); !below) return below;
  }
  return {};
}

// What can't be put back stays in the journal for the next start.
SwappinessGuard::~SwappinessGuard() {
  if (changed_.empty()) return;
  const auto& top = changed_.front();
  std::vector<Swappiness> restored;
  for (const auto& record : changed_) {
    if (put_back_at(dir_, "." + record.path.substr(top.path.size()), record)) restored.push_back(record);
  }
  put_back_inherited(dir_, top.value, changed_);
  for (const auto& record : restored) journal_->remove(record);
}

void restore_orphans(SwappinessJournal& journal, const std::string& mount) {
  const auto orphans = journal.orphans();
  for (const auto& orphan : orphans) {
    const auto path = mount + "/" + orphan.path;
    if (!put_back_at(AT_FDCWD, path, orphan)) continue;
    if (const auto dir = open_cgroup(AT_FDCWD, path.c_str(), orphan.id)) {
      put_back_inherited(dir->get(), orphan.value, orphans);
    }
    journal.remove(orphan);
  }
}

}  // namespace cmm
