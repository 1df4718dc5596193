// SPDX-License-Identifier: Apache-2.0
#include "support/mutations.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <iterator>

namespace cmm::test {
namespace {

constexpr std::size_t kMegabyte = 1'000'000;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto size = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line;
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Behind one of these a digit doesn't begin a number: it is within one, or in a name.
bool goes_on(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_'; }

void append(std::vector<Mutant>& all, std::vector<Mutant> more) {
  std::ranges::move(more, std::back_inserter(all));
}

}  // namespace

std::vector<Mutant> truncated(std::string_view specimen) {
  std::vector<Mutant> all;
  for (std::size_t size = 0; size < specimen.size(); ++size) {
    all.push_back({"the first " + std::to_string(size) + " bytes", std::string{specimen.substr(0, size)}});
  }
  return all;
}

std::vector<Mutant> without_a_line(std::string_view specimen) {
  std::vector<Mutant> all;
  const auto lines = lines_of(specimen);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto rest = lines;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    all.push_back({"without line " + std::to_string(i + 1), joined(rest)});
  }
  return all;
}

std::vector<Mutant> with_a_line_twice(std::string_view specimen) {
  std::vector<Mutant> all;
  const auto lines = lines_of(specimen);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto more = lines;
    more[i] += lines[i];
    all.push_back({"line " + std::to_string(i + 1) + " twice", joined(more)});
  }
  return all;
}

std::vector<Mutant> with_number(std::string_view specimen, std::string_view number) {
  std::vector<Mutant> all;
  for (std::size_t start = 0; start < specimen.size(); ++start) {
    if (!is_digit(specimen[start]) || (start > 0 && goes_on(specimen[start - 1]))) continue;
    const auto end = std::min(specimen.find_first_not_of("0123456789", start), specimen.size());
    auto text = std::string{specimen.substr(0, start)};
    text.append(number).append(specimen.substr(end));
    all.push_back({"\"" + std::string{number.substr(0, 20)} + "\" at byte " + std::to_string(start), text});
  }
  return all;
}

std::vector<Mutant> with_another_number(std::string_view specimen) {
  std::vector<Mutant> all;
  for (const auto* number : {"18446744073709551616", "-1", "-0", "1.5", "1e300", "\t1", "+1", ""}) {
    append(all, with_number(specimen, number));
  }
  append(all, with_number(specimen, std::string(1000, '9')));
  return all;
}

Mutant with_crlf(std::string_view specimen) {
  std::string text;
  for (const char c : specimen) {
    if (c == '\n') text += '\r';
    text += c;
  }
  return {"CRLF", text};
}

std::vector<Mutant> with_another_byte(std::string_view specimen) {
  std::vector<Mutant> all;
  for (std::size_t at = 0; at < specimen.size(); ++at) {
    for (const char byte : {'\0', '\xff'}) {
      std::string text{specimen};
      text[at] = byte;
      all.push_back({"byte " + std::to_string(at) + " is " + std::to_string(static_cast<int>(byte)), text});
    }
  }
  return all;
}

std::vector<Mutant> strange_files() {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  return {{"nothing", ""},
          {"a newline", "\n"},
          {"zeros", std::string(4096, '\0')},
          {"all bytes", all_bytes},
          {"all bytes and a newline", all_bytes + "\n"},
          {"a line of a megabyte", std::string(kMegabyte, 'a') + "\n"},
          {"a megabyte of digits", std::string(kMegabyte, '9') + "\n"},
          {"a megabyte of newlines", std::string(kMegabyte, '\n')}};
}

std::vector<Mutant> with_a_long_line(std::string_view specimen) {
  const auto line = std::string(kMegabyte, 'x') + "\n";
  return {{"after a line of a megabyte", line + std::string{specimen}},
          {"before a line of a megabyte", std::string{specimen} + line}};
}

std::vector<Mutant> mutants(std::string_view specimen) {
  auto all = truncated(specimen);
  append(all, without_a_line(specimen));
  append(all, with_a_line_twice(specimen));
  append(all, with_another_number(specimen));
  append(all, with_another_byte(specimen));
  append(all, strange_files());
  append(all, with_a_long_line(specimen));
  all.push_back(with_crlf(specimen));
  return all;
}

}  // namespace cmm::test
