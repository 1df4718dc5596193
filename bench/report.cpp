// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/support.hpp"

namespace cmm::bench {
namespace {

std::string text_of(const Cell& cell) {
  const auto* number = std::get_if<Number>(&cell.value);
  return number != nullptr ? fmt::format("{:.{}f}", number->value, number->decimals)
                           : std::get<std::string>(cell.value);
}

std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? ' ' : c;
  }
  return quoted + '"';
}

std::string json_of(const Cell& cell) {
  const bool is_number = std::holds_alternative<Number>(cell.value);
  return fmt::format("{}: {}", quoted(cell.column), is_number ? text_of(cell) : quoted(text_of(cell)));
}

std::string json_of(const std::vector<Cell>& row) {
  std::string json;
  for (const auto& cell : row) json += (json.empty() ? "{" : ", ") + json_of(cell);
  return json + "}";
}

/// "[…]" of what `to_json` makes of each.
template <class List, class ToJson>
std::string json_list(const List& list, ToJson to_json) {
  std::string json;
  for (const auto& each : list) json += (json.empty() ? "" : ",\n  ") + to_json(each);
  return "[" + json + "]";
}

void print_rows(const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& cell : rows.front()) widths.push_back(cell.column.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], text_of(row[i]).size());
  }
  const auto print_line = [&](const auto& line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool is_text = std::holds_alternative<std::string>(rows.front()[i].value);
      fmt::print(fmt::runtime(is_text ? "  {:<{}}" : "  {:>{}}"), line[i], widths[i]);
    }
    fmt::print("\n");
  };
  std::vector<std::string> line;
  for (const auto& cell : rows.front()) line.push_back(cell.column);
  print_line(line);
  for (const auto& row : rows) {
    line.clear();
    for (const auto& cell : row) line.push_back(text_of(cell));
    print_line(line);
  }
}

const char* sign(Bar kind) { return kind == Bar::at_most ? "<=" : ">="; }

}  // namespace

Report::Report(std::string bench, const Hierarchy& hierarchy) : bench_(std::move(bench)) {
  utsname system{};
  ::uname(&system);
  const char* name = std::getenv("CMM_TEST_ENVIRONMENT");
  environment_ = fmt::format("{}cgroup {}, Linux {}", name != nullptr ? fmt::format("{}: ", name) : "",
                             hierarchy.version == CgroupVersion::v1 ? "v1" : "v2", system.release);
}

void Report::begin_table(std::string title) { tables_.push_back({std::move(title), {}}); }

void Report::add_row(std::vector<Cell> row) { tables_.back().rows.push_back(std::move(row)); }

void Report::add_bar(std::string what, double value, Bar kind, double bar, std::string unit) {
  bars_.push_back({std::move(what), value, kind, bar, std::move(unit)});
}

void Report::print(bool json) const { json ? print_json() : print_for_people(); }

void Report::print_for_people() const {
  fmt::print("== {} ({})\n", bench_, environment_);
  for (const auto& table : tables_) {
    fmt::print("\n{}\n", table.title);
    if (!table.rows.empty()) print_rows(table.rows);
  }
  fmt::print("\n");
  for (const auto& bar : bars_) {
    fmt::print("{}  {}: {:.3g} {} (bar: {} {:g})\n", bar.passed() ? "PASS" : "FAIL", bar.what, bar.value,
               bar.unit, sign(bar.kind), bar.bar);
  }
  for (const auto& note : notes_) fmt::print("note: {}\n", note);
  fmt::print("\n");
}

void Report::print_json() const {
  const auto tables = json_list(tables_, [](const Table& table) {
    const auto rows = json_list(table.rows, [](const auto& row) { return json_of(row); });
    return fmt::format("{{\"title\": {}, \"rows\": {}}}", quoted(table.title), rows);
  });
  const auto bars = json_list(bars_, [](const Judged& bar) {
    return fmt::format(
        "{{\"what\": {}, \"value\": {}, \"kind\": \"{}\", \"bar\": {}, \"unit\": {}, \"pass\": {}}}",
        quoted(bar.what), bar.value, sign(bar.kind), bar.bar, quoted(bar.unit), bar.passed());
  });
  const auto notes = json_list(notes_, quoted);
  fmt::print("{{\"bench\": {}, \"environment\": {},\n \"tables\": {},\n \"bars\": {},\n \"notes\": {}}}\n",
             quoted(bench_), quoted(environment_), tables, bars, notes);
}

}  // namespace cmm::bench
