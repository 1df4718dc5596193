// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

// An extended attribute on a cgroup that says which process made it for the time of its own life, so that
// what a killed one left behind can be found. It lives and goes with the cgroup.

namespace cmm {

/// Why a process made a cgroup: for itself, with all that comes to be in it; or as a parent of such a one,
/// which others may use as well meanwhile.
enum class MadeAs { own, parent };

/// Marks the cgroup as made by this process.
Result<void> mark_as_made(const std::string& mount, const std::string& path, MadeAs made_as);
/// Takes the mark off: the cgroup is to stay.
void unmark(const std::string& mount, const std::string& path);

struct StaleCgroup {
  std::string path;
  MadeAs made_as = MadeAs::own;
};

/// The cgroups of the whole hierarchy whose maker lives no longer, children before their parents. Those of
/// makers in another pid namespace are not among them: nobody can tell from here whether they live.
Result<std::vector<StaleCgroup>> find_stale(const std::string& mount);

}  // namespace cmm
