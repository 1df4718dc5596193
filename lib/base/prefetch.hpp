// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace cmm {

/// Asks for `object` to be in the cache by the time that it is used. It is a hint, and reads nothing.
template <class T>
void prefetch(const T& object) {
  constexpr std::size_t kCacheLine = 64;
  const auto* bytes = reinterpret_cast<const std::byte*>(&object);
  for (std::size_t at = 0; at < sizeof(T); at += kCacheLine) __builtin_prefetch(bytes + at);
}

}  // namespace cmm
