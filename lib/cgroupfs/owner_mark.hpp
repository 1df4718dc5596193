// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cgroupfs/parse.hpp"

// An extended attribute on a cgroup that says which process made it for the time of its own life, so that
// what a killed one left behind can be found. It lives and goes with the cgroup.

namespace cmm {

/// Why a process made a cgroup: for itself, with all that comes to be in it; or as a parent of such a one,
/// which others may use as well meanwhile.
enum class MadeAs { own, parent };

/// What the attribute says. Anybody who may write to the cgroup can write anything there.
struct OwnerMark {
  ProcessStart maker;
  std::string pid_namespace;  ///< "pid:[4026531836]": a pid says something in its own namespace only
  MadeAs made_as = MadeAs::own;

  friend bool operator==(const OwnerMark&, const OwnerMark&) = default;
};

/// "PID TICKS NAMESPACE", for a parent with " parent" behind it; parse_owner_mark reads it back and takes
/// nothing else. Pure.
std::string to_string(const OwnerMark& mark);
std::optional<OwnerMark> parse_owner_mark(std::string_view text);

/// Marks the cgroup as made by this process.
Result<void> mark_as_made(const std::string& mount, const std::string& path, MadeAs made_as);
/// Takes the mark off: the cgroup is to stay.
void unmark(const std::string& mount, const std::string& path);

struct StaleCgroup {
  std::string path;
  MadeAs made_as = MadeAs::own;
};

/// The cgroups of the whole hierarchy whose maker lives no longer, children before their parents. Those of
/// makers in another pid namespace are not among them, nor those with another mark than this program makes:
/// nobody can tell from here whether their makers live.
Result<std::vector<StaleCgroup>> find_stale(const std::string& mount);

}  // namespace cmm
