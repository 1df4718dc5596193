// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/bytes.hpp"
#include "model/amount.hpp"
#include "model/time.hpp"

namespace cmm {

/// A value read from text, or one line for the operator: the text in quotes, what is wrong, what is accepted.
template <class T>
using Parsed = tl::expected<T, std::string>;

/// What the functions below accept, in words for messages and help.
inline constexpr std::string_view size_forms =
    "a size like 200 MiB, 1.5 GB or 104857600 (B; kB, KB, K; KiB, Ki; M, G and T likewise)";
inline constexpr std::string_view threshold_forms =
    "a percentage above 0 and up to 100 like 25%, or a size above 0 like 200 MiB, 1.5 GB or 104857600 "
    "(B; kB, KB, K; KiB, Ki; M, G and T likewise)";
inline constexpr std::string_view target_forms =
    "0, a percentage up to 100 like 20%, or a size like 200 MiB, 1.5 GB or 104857600 "
    "(B; kB, KB, K; KiB, Ki; M, G and T likewise)";
inline constexpr std::string_view percent_forms = "a percentage above 0 and up to 100 like 20% or 2.5%";
inline constexpr std::string_view count_forms = "a whole number like 2";
inline constexpr std::string_view duration_forms =
    "a duration like 10, 10s, 500ms, 1.5m or 1h (a bare number is seconds)";

// A number is digits, and optionally a point and more digits; then optionally one blank and a unit, in the
// case shown. No sign, no exponent, nothing before or after it. What a fraction leaves of a byte or of a
// nanosecond is dropped, and nothing else is: the arithmetic is exact.

/// A size in bytes, 0 included; at most 2^64 - 1.
Parsed<Bytes> parse_bytes(std::string_view text);

/// An amount that has to be above zero: 0 < percent <= 100, or a size > 0.
Parsed<Amount> parse_threshold(std::string_view text);

/// An amount that may be zero: 0 <= percent <= 100, or a size.
Parsed<Amount> parse_target(std::string_view text);

/// A percentage: 0 < percent <= 100, with its sign.
Parsed<Percent> parse_percent(std::string_view text);

/// A whole number >= 0: no fraction and no unit.
Parsed<unsigned> parse_count(std::string_view text);

/// A duration >= 0 in ms, s, m or h; a bare number is seconds. At most what nanoseconds in 64 bits hold.
Parsed<Duration> parse_duration(std::string_view text);

/// A text that parse_duration reads back to the same duration: "10s", "500ms", "1h", "0.25ms".
std::string to_text(Duration duration);

}  // namespace cmm
