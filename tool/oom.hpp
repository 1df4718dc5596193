// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace cmm::tool {

/// Of a command whose load the kernel has killed: 128 + SIGKILL, as shells have it.
inline constexpr int kKilledExitCode = 137;

/// How many processes the kernel has killed so far because the cgroup, or one below it, was out of memory.
std::uint64_t oom_kills(const std::string& path);

/// How many more than `before`. v1 counts them in each cgroup by itself, and forgets those of one that is
/// removed.
std::uint64_t oom_kills_since(const std::string& path, std::uint64_t before);

/// "the kernel killed a process of 'x' because it was out of memory (…)", with the counters that prove it.
std::string oom_text(const std::string& path, std::uint64_t kills);

}  // namespace cmm::tool
