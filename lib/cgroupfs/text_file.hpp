// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hpp"

namespace cmm {

/// The content of a file outside the cgroup tree, like those of /proc.
Result<std::string> read_file(const std::string& path);

/// `path` where `root` stands for "/": the seam for tests.
std::string below(const std::string& root, const std::string& path);

}  // namespace cmm
