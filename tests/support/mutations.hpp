// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// What may happen to a file: a specimen of it goes in, and what a parser has to bear comes out.

namespace cmm::test {

/// A text, and what it is, for messages.
struct Mutant {
  std::string what;
  std::string text;
};

/// All that is shorter: from nothing to the specimen without its last byte.
std::vector<Mutant> truncated(std::string_view specimen);

/// Each line left out.
std::vector<Mutant> without_a_line(std::string_view specimen);

/// Each line given twice.
std::vector<Mutant> with_a_line_twice(std::string_view specimen);

/// Each whole number replaced, one at a time.
std::vector<Mutant> with_number(std::string_view specimen, std::string_view number);

/// … by what no file of the kernel has there: above 2^64, negative, a fraction, a power, a thousand digits, a
/// tab before it, nothing.
std::vector<Mutant> with_another_number(std::string_view specimen);

/// Line ends of DOS.
Mutant with_crlf(std::string_view specimen);

/// Each byte replaced, one at a time, by 0 and by 0xff.
std::vector<Mutant> with_another_byte(std::string_view specimen);

/// Files that have nothing to do with any specimen: nothing, zeros, all bytes, a line of a megabyte, a
/// megabyte of empty lines.
std::vector<Mutant> strange_files();

/// `specimen` with a line of a megabyte at its beginning and at its end.
std::vector<Mutant> with_a_long_line(std::string_view specimen);

/// All of the above in one.
std::vector<Mutant> mutants(std::string_view specimen);

}  // namespace cmm::test
