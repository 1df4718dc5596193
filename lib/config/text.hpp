// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cmm {

/// `text` as it can stand in a one-line message and be shown by a terminal: control characters as \n, \x1b,
/// \u009b, those that end a line or turn its direction as \u2028, and bytes that are no UTF-8 as \xff.
std::string printable(std::string_view text);

/// The same in double quotes, and shortened with "…" where it is longer than a message should be.
std::string in_quotes(std::string_view text);

/// `text` as UTF-8, with \xff for a byte that isn't: a cgroup's name may have any. Two texts never come out
/// the same, for which backslashes are doubled, but only before what would look like such a byte: names as
/// systemd's "my\x2dapp.service" stay as they are.
std::string utf8(std::string_view text);

/// `text` in double quotes: the one style of YAML in which every string can be written.
std::string yaml_string(std::string_view text);

/// The candidate that `word` is probably a misspelling of (at most two letters off); empty: none.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace cmm
