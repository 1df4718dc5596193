// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/cgroup_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "cgroupfs/container_name.hpp"
#include "cgroupfs/directory.hpp"
#include "cgroupfs/pod_path.hpp"

namespace cmm {
namespace {

const char* last_component(const std::string& path) {
  const auto slash = path.rfind('/');
  return path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
}

/// Runtimes' helpers: nothing tells that one went and a container came, which makes the same number.
bool has_unwatched_children(const Branch& branch) {
  return branch.targets.size() + branch.branches.size() < branch.listed_children;
}

/// The cgroups from the first component of `path` down to the last but one: "a/b/c" gives a, a/b.
std::vector<std::string> ancestors(const std::string& path) {
  std::vector<std::string> found;
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    found.push_back(path.substr(0, slash));
  }
  return found;
}

const std::error_code kTooMany = std::make_error_code(std::errc::too_many_files_open);

struct OpenDirectory {
  UniqueFd dir;
  DirectoryState state;
};

Io<OpenDirectory> with_state(Io<UniqueFd> dir) {
  if (!dir) return tl::unexpected{dir.error()};
  const auto state = directory_state(dir->get());
  if (!state) return tl::unexpected{state.error()};
  return OpenDirectory{std::move(*dir), *state};
}

template <class List, class IdOf>
void drop_missing(List& known, std::unordered_map<std::string, CgroupId>& listed, IdOf cgroup_of) {
  std::erase_if(known, [&](const auto& child) {
    const Cgroup& cgroup = cgroup_of(child);
    const auto entry = listed.find(last_component(cgroup.path));
    const bool same = entry != listed.end() && entry->second == cgroup.id;
    // What stays is struck off the list, so that the list is left with what is new.
    if (same) listed.erase(entry);
    return !same;
  });
}

}  // namespace

bool is_no_leaf(const Target& target) { return !target.is_container && may_have_children(target.dir.get()); }

bool rests_between_turns(const Branch& branch) {
  return !branch.cgroup->workload.pod_uid.empty() && !branch.targets.empty();
}

const char* Target::name() const { return last_component(cgroup->path); }

CgroupTree::CgroupTree(Hierarchy hierarchy, std::vector<Parent> parents)
    : hierarchy_(std::move(hierarchy)), interface_(memory_interface(hierarchy_.version)) {
  watch(std::move(parents));
}

void CgroupTree::watch(std::vector<Parent> parents) {
  auto before = std::exchange(roots_, {});
  for (auto& parent : parents) {
    const auto kept = std::ranges::find(before, parent, &Root::parent);
    auto& root = roots_.emplace_back(kept == before.end() ? Root{} : std::move(*kept));
    root.parent = std::move(parent);
  }
}

std::string CgroupTree::absolute(const std::string& path) const { return hierarchy_.mount + "/" + path; }

bool CgroupTree::is_turn_of(const Cgroup& cgroup) const {
  // kernfs gives inode numbers in steps of a cgroup's number of files: a golden-ratio hash spreads their
  // turns.
  constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;
  constexpr int kLowHalf = 32;
  return ((cgroup.id.inode * kGoldenRatio) >> kLowHalf) % kTurns == scan_ % kTurns;
}

void CgroupTree::refresh(ScanWatch& watch, const Quarantine& quarantine) {
  ++scan_;
  watch_ = &watch;
  quarantine_ = &quarantine;
  for (auto& root : roots_) refresh_root(root);
}

// A parent may be removed and made again while it is watched (the last container of a runtime goes): its
// directory is looked up anew whenever the old one has died.
void CgroupTree::open_root(Root& root) {
  root.above.clear();
  for (const auto& path : ancestors(root.parent.path)) root.above.push_back(open_from_root(path));
  root.branch = open_from_root(root.parent.path);
}

Branch CgroupTree::open_from_root(const std::string& path) {
  Branch branch;
  branch.cgroup = std::make_shared<const Cgroup>(Cgroup{{}, path, {}});
  if (in_quarantine(*branch.cgroup)) {
    branch.list_error = Error{std::make_error_code(std::errc::timed_out), "open", absolute(path)};
    return branch;
  }
  auto opened = watch_->call(branch.cgroup, [&] {
    return with_state(open_at(AT_FDCWD, absolute(path).c_str(), O_PATH | O_DIRECTORY));
  });
  if (!opened) {
    branch.list_error = Error{opened.error(), "open", absolute(path)};
    return branch;
  }
  branch.cgroup = std::make_shared<const Cgroup>(Cgroup{opened->state.id, path, {}});
  branch.dir = std::move(opened->dir);
  return branch;
}

void CgroupTree::refresh_root(Root& root) {
  if (!root.branch.dir || root.branch.gone) open_root(root);
  refresh_below_ancestors(root);
  if (!root.branch.gone) return;
  open_root(root);
  refresh_below_ancestors(root);
}

void CgroupTree::refresh_below_ancestors(Root& root) {
  auto above = Limit::max();
  for (auto& branch : root.above) {
    // One that couldn't be opened, or was in quarantine: try again.
    if (!branch.dir) branch = open_from_root(branch.cgroup->path);
    if (!branch.dir) continue;
    read_limits(branch, above);
    above = branch.effective_limit;
  }
  if (root.branch.dir) refresh_branch(root.branch, above);
}

void CgroupTree::refresh_branch(Branch& branch, Limit above) {
  read_limits(branch, above);
  if (branch.gone || branch.too_deep) return;
  branch.stale = watch_->call(branch.cgroup, [&] { return has_changed(branch); });
  if (branch.stale) {
    list(branch);
    // It may have gone with all that was in it, while its limit rested: the file that is held on it says
    // ENODEV then.
    if (branch.targets.empty()) read_limits(branch, above);
    if (branch.gone) return;
  }
  for (auto& child : branch.branches) {
    if (child->dir) refresh_branch(*child, branch.effective_limit);
  }
  // A child that went, or changed between leaf and branch, while it was being refreshed.
  const bool changed = std::any_of(branch.branches.begin(), branch.branches.end(),
                                   [](const auto& child) { return child->gone; });
  if (!changed) return;
  list(branch);
  for (auto& child : branch.branches) {
    if (child->dir && child->stale) refresh_branch(*child, branch.effective_limit);
  }
}

void CgroupTree::read_limits(Branch& branch, Limit above) {
  const bool rests = rests_between_turns(branch);
  const auto look = is_turn_of(*branch.cgroup) ? LimitLook::all
                    : rests                    ? LimitLook::remember
                                               : LimitLook::hard;
  const auto own = watch_->call(
      branch.cgroup, [&] { return branch.limits.read(reader_, interface_, branch.dir.get(), look); });
  branch.above = above;
  branch.effective_limit = tighter(above, own.value_or(Limit::max()));
  branch.limit_error.reset();
  if (own) return;
  if (is_gone(own.error())) {
    branch.gone = true;
  } else {
    branch.limit_error = Error{own.error(), "read the limits of", absolute(branch.cgroup->path)};
  }
}

bool CgroupTree::has_changed(Branch& branch) const {
  const auto state = directory_state(branch.dir.get());
  bool changed = branch.stale || !state || state->children != branch.listed_children;
  changed = changed || (has_unwatched_children(branch) && is_turn_of(*branch.cgroup));
  for (auto& target : branch.targets) {
    if (target.untouched && !in_quarantine(*target.cgroup))
      target.gone = true;  // to be found again, and opened
    // A leaf may get children at any time, and with them become a branch.
    if (target.dir && is_turn_of(*target.cgroup) && is_no_leaf(target)) target.gone = true;
    changed = changed || target.gone;
  }
  // … and a branch that lost its last child is a leaf again.
  for (auto& child : branch.branches) {
    if (!child->dir) changed = true;  // could not be opened last time: try again
    if (child->dir && child->listed_children > 0 &&
        !is_kubernetes_level(last_component(child->cgroup->path))) {
      const auto inner = directory_state(child->dir.get());
      if (!inner || inner->children == 0) child->gone = true;
    }
    changed = changed || child->gone;
  }
  return changed;
}

void CgroupTree::list(Branch& branch) {
  auto children = watch_->call(branch.cgroup, [&] { return list_child_cgroups(branch.dir.get()); });
  if (!children) {
    branch.list_error = Error{children.error(), "list", absolute(branch.cgroup->path)};
    return;  // stays stale: the next refresh tries again
  }
  branch.list_error.reset();
  branch.stale = false;
  branch.named = 0;
  branch.listed_children = children->size();

  std::unordered_map<std::string, CgroupId> listed;
  for (auto& child : *children) listed.emplace(std::move(child.name), child.id);
  std::erase_if(branch.targets, [](const Target& target) { return target.gone; });
  std::erase_if(branch.branches, [](const auto& child) { return child->gone || !child->dir; });
  drop_missing(branch.targets, listed, [](const Target& target) -> const Cgroup& { return *target.cgroup; });
  drop_missing(branch.branches, listed, [](const auto& child) -> const Cgroup& { return *child->cgroup; });
  for (const auto& [name, id] : listed) add(branch, name, id);
  // Inode numbers grow: in the order in which the cgroups were made the kernel's structures lie side by side,
  // and visiting them so saves cache misses in each scan.
  std::ranges::sort(branch.targets, {}, [](const Target& target) { return target.cgroup->id; });
}

void CgroupTree::add(Branch& branch, const std::string& name, CgroupId id) {
  if (is_container_helper(name)) return;
  const std::string container{container_id(name)};
  auto path = branch.cgroup->path + "/" + name;
  auto pod = pod_of_path(path);
  auto cgroup = std::make_shared<const Cgroup>(Cgroup{id, std::move(path), container, std::move(pod)});
  if (!container.empty()) {
    Target target;
    target.cgroup = std::move(cgroup);
    target.is_container = true;
    branch.targets.push_back(std::move(target));
    return;
  }
  if (in_quarantine(*cgroup)) {
    Target target;
    target.cgroup = std::move(cgroup);
    target.untouched = true;
    branch.targets.push_back(std::move(target));
    return;
  }
  auto opened =
      watch_->call(cgroup, [&] { return with_state(open_cgroup(branch.dir.get(), name.c_str(), id)); });
  if (!opened) {
    // Removed since it was listed; one of the same name may be there already.
    branch.stale = true;
    if (is_gone(opened.error())) return;
    return add_unreadable(branch, std::move(cgroup), opened.error());
  }
  if (opened->state.children > 0 || is_kubernetes_level(name)) {
    if (is_reserved(opened->dir)) return add_unreadable(branch, std::move(cgroup), kTooMany);
    // One that is too deep is never listed: that it lost its children is seen by their number.
    add_branch(branch, std::move(cgroup), std::move(opened->dir)).listed_children = opened->state.children;
    return;
  }
  Target target;
  target.cgroup = std::move(cgroup);
  if (!is_scarce(opened->dir)) target.dir = std::move(opened->dir);
  branch.targets.push_back(std::move(target));
}

// Tried again with each refresh.
void CgroupTree::add_unreadable(Branch& parent, CgroupRef cgroup, std::error_code why) const {
  auto& child = add_branch(parent, std::move(cgroup), {});
  child.list_error = Error{why, "open", absolute(child.cgroup->path)};
}

Branch& CgroupTree::add_branch(Branch& parent, CgroupRef cgroup, UniqueFd dir) const {
  auto child = std::make_unique<Branch>();
  child->cgroup = std::move(cgroup);
  child->dir = std::move(dir);
  child->depth = parent.depth + 1;
  child->too_deep = child->depth > kDeepestBranch;
  if (child->too_deep) {
    child->list_error = Error{std::make_error_code(std::errc::too_many_links), "watch",
                              fmt::format("{}, more than {} levels below the parent",
                                          absolute(child->cgroup->path), kDeepestBranch)};
  }
  return *parent.branches.emplace_back(std::move(child));
}

namespace {

void collect_unreadable(const Branch& branch, std::vector<Error>& errors) {
  if (branch.list_error) errors.push_back(*branch.list_error);
  if (branch.limit_error) errors.push_back(*branch.limit_error);
  for (const auto& child : branch.branches) collect_unreadable(*child, errors);
}

}  // namespace

std::vector<Error> CgroupTree::unreadable() const {
  std::vector<Error> errors;
  for (const auto& root : roots_) {
    collect_unreadable(root.branch, errors);
    // What is above a parent that isn't there isn't missed.
    if (!root.branch.dir) continue;
    for (const auto& above : root.above) collect_unreadable(above, errors);
  }
  return errors;
}

}  // namespace cmm
