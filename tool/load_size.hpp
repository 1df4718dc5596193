// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace cmm::tool {

/// How much to fill the cgroup with: what was given, or else `share` of its effective limit where a cgroup
/// sets one. Throws Failure where nothing was given and nothing limits it, and where the machine hasn't got
/// so much to spare: the kernel would kill others for it.
Bytes load_size(const std::string& path, const std::string& given, double share);

}  // namespace cmm::tool
