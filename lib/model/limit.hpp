// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace cmm {

/// What a memory limit file says: so many bytes, or no limit ("max").
class Limit {
 public:
  static constexpr Limit max() { return Limit{}; }
  constexpr explicit Limit(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] constexpr bool is_max() const { return !bytes_; }
  [[nodiscard]] constexpr Bytes value_or(Bytes otherwise) const { return bytes_.value_or(otherwise); }

  friend constexpr bool operator==(Limit, Limit) = default;

  /// The tighter of the two.
  friend constexpr Limit tighter(Limit a, Limit b) {
    if (a.is_max()) return b;
    if (b.is_max()) return a;
    return *a.bytes_ < *b.bytes_ ? a : b;
  }

 private:
  constexpr Limit() = default;
  std::optional<Bytes> bytes_;
};

}  // namespace cmm
