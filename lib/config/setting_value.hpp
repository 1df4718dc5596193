// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/quantity.hpp"

namespace cmm {

// Quantities and words within the limits of one setting. `accepted` says these limits in words; an error is
// one line: the text in quotes, what is wrong, what is accepted.

/// That line.
tl::unexpected<std::string> refused(std::string_view text, std::string_view why, std::string_view accepted);

/// A duration of `least` to `most`.
Parsed<Duration> parse_between(std::string_view text, Duration least, Duration most,
                               std::string_view accepted);

/// A whole number of `least` to `most`.
Parsed<unsigned> parse_between(std::string_view text, unsigned least, unsigned most,
                               std::string_view accepted);

/// A size above 0.
Parsed<Bytes> parse_size_above_zero(std::string_view text, std::string_view accepted);

/// "true" or "false".
Parsed<bool> parse_flag(std::string_view text, std::string_view accepted);

}  // namespace cmm
