// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/support.hpp"

namespace cmm::bench {
namespace {

std::string text_of(const Cell& cell) {
  const auto* number = std::get_if<Number>(&cell.value);
  return number != nullptr ? fmt::format("{:.{}f}", number->value, number->decimals)
                           : std::get<std::string>(cell.value);
}

using Json = nlohmann::ordered_json;

// As many digits as in the table: the others aren't measured.
Json json_of(const Cell& cell) {
  return std::holds_alternative<Number>(cell.value) ? Json(std::stod(text_of(cell))) : Json(text_of(cell));
}

Json json_of(const std::vector<Cell>& row) {
  auto json = Json::object();
  for (const auto& cell : row) json[cell.column] = json_of(cell);
  return json;
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
  Json document{{"bench", bench_},
                {"environment", environment_},
                {"tables", Json::array()},
                {"bars", Json::array()},
                {"notes", notes_}};
  for (const auto& table : tables_) {
    auto rows = Json::array();
    for (const auto& row : table.rows) rows.push_back(json_of(row));
    document["tables"].push_back({{"title", table.title}, {"rows", rows}});
  }
  for (const auto& bar : bars_) {
    document["bars"].push_back({{"what", bar.what},
                                {"value", bar.value},
                                {"kind", sign(bar.kind)},
                                {"bar", bar.bar},
                                {"unit", bar.unit},
                                {"pass", bar.passed()}});
  }
  fmt::print("{}\n", document.dump(1));
}

}  // namespace cmm::bench
