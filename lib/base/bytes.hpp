// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

namespace cmm {

/// An amount of memory, in bytes. Sums saturate at the top and differences at zero: kernel counters are read
/// one after the other, so "a part minus the whole" may come out slightly negative and then means nothing.
class Bytes {
 public:
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::uint64_t count) : count_(count) {}

  [[nodiscard]] constexpr std::uint64_t count() const { return count_; }

  friend constexpr auto operator<=>(Bytes, Bytes) = default;

  friend constexpr Bytes operator+(Bytes a, Bytes b) {
    const auto room = std::numeric_limits<std::uint64_t>::max() - a.count_;
    return Bytes{b.count_ > room ? std::numeric_limits<std::uint64_t>::max() : a.count_ + b.count_};
  }
  friend constexpr Bytes operator-(Bytes a, Bytes b) {
    return Bytes{b.count_ > a.count_ ? 0 : a.count_ - b.count_};
  }
  constexpr Bytes& operator+=(Bytes b) { return *this = *this + b; }

 private:
  std::uint64_t count_ = 0;
};

constexpr Bytes KiB(std::uint64_t n) { return Bytes{n << 10U}; }
constexpr Bytes MiB(std::uint64_t n) { return Bytes{n << 20U}; }
constexpr Bytes GiB(std::uint64_t n) { return Bytes{n << 30U}; }

/// Rounded down.
constexpr Bytes half(Bytes bytes) { return Bytes{bytes.count() / 2}; }

/// For people: "512 B", "4.0 KiB", "1.5 GiB"; one decimal, binary units.
std::string human(Bytes bytes);

}  // namespace cmm
