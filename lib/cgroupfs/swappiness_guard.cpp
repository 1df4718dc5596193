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

/// A cgroup whose children are still to be looked at, and what it had.
struct Pending {
  UniqueFd dir;
  std::uint64_t value;
};

/// Puts back what `child` inherited, where no record knows it. None: it has no children, or is gone.
std::optional<Pending> put_back_child(const Pending& parent, const DirectoryEntry& child,
                                      const std::vector<Swappiness>& known) {
  auto dir = open_cgroup(parent.dir.get(), child.name.c_str(), child.id);
  if (!dir) return std::nullopt;
  const auto record = std::ranges::find(known, child.id, &Swappiness::id);
  const auto value = record == known.end() ? parent.value : record->value;
  if (record == known.end()) put_back(dir->get(), value);
  const auto state = directory_state(dir->get());
  if (!state || state->children == 0) return std::nullopt;
  return Pending{std::move(*dir), value};
}

/// Children that no record knows were made while their parent stood at 0, and inherited it. Without
/// recursion, as it is for a tenant to say how deep they are nested.
void put_back_inherited(UniqueFd top, std::uint64_t value, const std::vector<Swappiness>& known) {
  std::vector<Pending> pending;
  pending.push_back({std::move(top), value});
  while (!pending.empty()) {
    const auto parent = std::move(pending.back());
    pending.pop_back();
    const auto children = list_child_cgroups(parent.dir.get());
    if (!children) continue;
    for (const auto& child : *children) {
      if (auto next = put_back_child(parent, child, known)) pending.push_back(*std::move(next));
    }
  }
}

/// Long before a path can't be opened any more: what is changed has to be found again by it.
constexpr std::size_t kLongestPath = 2048;

tl::unexpected<Error> too_nested(const std::string& top) {
  return tl::unexpected{
      Error{std::make_error_code(std::errc::too_many_links), "spare the anonymous memory of",
            fmt::format("{}, in which more than {} cgroups, or more than {} levels of them, are nested", top,
                        kMostNested, kDeepestNested)}};
}

}  // namespace

Result<SwappinessGuard> SwappinessGuard::set(SwappinessJournal& journal, int dir, const Cgroup& cgroup) {
  SwappinessGuard guard{journal, dir, cgroup.path};
  const Place top{dir, cgroup.path, cgroup.id, 0};
  auto done = guard.record_tree(top);
  if (done) done = guard.silence_recorded();
  guard.seen_ = 0;
  if (done) done = guard.silence_new(top);
  if (!done) return tl::unexpected{done.error()};
  return guard;
}

bool SwappinessGuard::is_recorded(CgroupId id) const {
  return std::ranges::find(records_, id, &Swappiness::id) != records_.end();
}

// A child that can't be reached can't be spared: then there is no reclaim at all. How many there are is asked
// before they are listed.
template <class Visit>
Result<void> SwappinessGuard::for_each_child(const Place& place, const Visit& visit) {
  const auto state = directory_state(place.dir);
  if (!state) return tl::unexpected{Error{state.error(), "look at", place.path}};
  if (state->children == 0) return {};
  seen_ += state->children;
  if (seen_ > kMostNested || place.depth == kDeepestNested) return too_nested(top_);
  const auto children = list_child_cgroups(place.dir);
  if (!children && is_gone(children.error())) return {};
  if (!children) return tl::unexpected{Error{children.error(), "list", place.path}};
  for (const auto& child : *children) {
    const auto path = place.path + "/" + child.name;
    if (path.size() > kLongestPath) return too_nested(top_);
    const auto dir = open_cgroup(place.dir, child.name.c_str(), child.id);
    if (!dir && is_gone(dir.error())) continue;
    if (!dir) return tl::unexpected{Error{dir.error(), "open", path}};
    if (auto visited = visit(Place{dir->get(), path, child.id, place.depth + 1}); !visited) return visited;
  }
  return {};
}

Result<void> SwappinessGuard::write_down(const Place& place, std::uint64_t value) {
  Swappiness record{place.id, value, place.path};
  if (auto added = journal_->add(record); !added) return added;
  records_.push_back(std::move(record));
  return {};
}

// Zeros are recorded too, to tell a child that had 0 of its own from one that inherits it later.
Result<void> SwappinessGuard::record_tree(const Place& place) {
  auto below = for_each_child(place, [this](const Place& child) { return record_tree(child); });
  if (!below) return below;
  const auto value = read_swappiness(place.dir);
  if (!value && is_gone(value.error())) return {};
  if (!value) return tl::unexpected{Error{value.error(), "read", place.path + "/" + kFile}};
  return write_down(place, *value);
}

Result<void> SwappinessGuard::silence(const Swappiness& record) {
  if (record.value == 0) return {};
  const auto dir = open_cgroup(dir_, below_top(record.path).c_str(), record.id);
  const auto error = dir ? write_swappiness(dir->get(), 0) : dir.error();
  if (error && !is_gone(error)) return tl::unexpected{Error{error, "write", record.path + "/" + kFile}};
  return {};
}

Result<void> SwappinessGuard::silence_recorded() {
  changing_ = true;
  for (const auto& record : records_) {
    if (auto silenced = silence(record); !silenced) return silenced;
  }
  return {};
}

// What was made between the listing of its parent and the change of its parent has another value than 0, and
// a true one. From the top down: below a parent that was changed nothing more of that kind can come.
Result<void> SwappinessGuard::silence_new(const Place& place) {
  return for_each_child(place, [this](const Place& child) -> Result<void> {
    const auto value = read_swappiness(child.dir);
    if (!value && is_gone(value.error())) return {};
    if (!value) return tl::unexpected{Error{value.error(), "read", child.path + "/" + kFile}};
    if (*value != 0 && !is_recorded(child.id)) {
      auto done = write_down(child, *value);
      if (done) done = silence(records_.back());
      if (!done) return done;
    }
    return silence_new(child);
  });
}

// What can't be put back stays in the journal for the next start.
SwappinessGuard::~SwappinessGuard() {
  std::vector<Swappiness> restored;
  for (const auto& record : records_) {
    if (!changing_ || put_back_at(dir_, below_top(record.path), record)) restored.push_back(record);
  }
  const auto top = std::ranges::find(records_, top_, &Swappiness::path);
  if (changing_ && top != records_.end()) {
    if (auto dir = open_cgroup(dir_, ".", top->id)) put_back_inherited(std::move(*dir), top->value, records_);
  }
  for (const auto& record : restored) journal_->remove(record);
}

void restore_orphans(SwappinessJournal& journal, const std::string& mount) {
  const auto orphans = journal.orphans();
  for (const auto& orphan : orphans) {
    const auto path = mount + "/" + orphan.path;
    if (!put_back_at(AT_FDCWD, path, orphan)) continue;
    if (auto dir = open_cgroup(AT_FDCWD, path.c_str(), orphan.id)) {
      put_back_inherited(std::move(*dir), orphan.value, orphans);
    }
    journal.remove(orphan);
  }
}

}  // namespace cmm
