// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cgroupfs/swappiness_journal.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

std::string line(char sign, const Swappiness& record) {
  return std::string{sign} + " " + std::to_string(record.id.inode) + " " + std::to_string(record.value) +
         " " + record.path + "\n";
}

}  // namespace

void fuzz(std::string_view text) {
  const auto records = open_records(text);
  std::string again;
  std::string removed;
  for (const auto& record : records) {
    check(!record.path.empty() && record.path.find('\n') == std::string::npos, "a path is one line");
    again += line('+', record);
    removed += line('-', record);
  }
  check(open_records(again) == records, "records read back");
  check(open_records(again + removed).empty(), "what was removed is not open");
  check(open_records(again + "+ 1 60 torn") == records, "a torn line changes nothing");
}

}  // namespace cmm::test
