// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace cmm {

/// The path below `mount`, without slashes at its ends, of a cgroup as a person names it: relative to the
/// mount, as "my-app" or "parent/child", or absolute below it. The cgroup needn't exist. Pure. The error is
/// one line: what is wrong, and what was probably meant.
tl::expected<std::string, std::string> resolve_cgroup_path(std::string_view mount, std::string_view given);

}  // namespace cmm
