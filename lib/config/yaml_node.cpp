// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_node.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "config/text.hpp"

namespace cmm {
namespace {

using Keys = std::vector<std::string_view>;

std::string unknown_key(std::string_view key, const Keys& keys) {
  const auto near = nearest(key, keys);
  if (!near.empty()) return fmt::format("unknown key {}; did you mean {}?", in_quotes(key), in_quotes(near));
  return fmt::format("unknown key {}; accepted: {}", in_quotes(key), fmt::join(keys, ", "));
}

Checked<void> check_key(const YAML::Node& key, const Keys& keys, Lines& lines) {
  const auto mark = key.Mark();
  if (!key.IsScalar()) {
    return complain(mark,
                    fmt::format("{} instead of a key; accepted: {}", describe(key), fmt::join(keys, ", ")));
  }
  if (std::ranges::find(keys, key.Scalar()) == keys.end()) {
    return complain(mark, unknown_key(key.Scalar(), keys));
  }
  const auto [first, is_new] = lines.try_emplace(key.Scalar(), line_of(mark));
  if (is_new) return {};
  return complain(mark, fmt::format("{}: duplicate key, line {} has it already; accepted: each key once",
                                    key.Scalar(), first->second));
}

}  // namespace

// yaml-cpp counts from 0, and has -1 where it doesn't know.
int line_of(const YAML::Mark& mark) { return std::max(mark.line, 0) + 1; }

tl::unexpected<Complaint> complain(const YAML::Mark& mark, std::string message) {
  return tl::unexpected{Complaint{line_of(mark), std::move(message)}};
}

tl::unexpected<Complaint> wrong_type(const YAML::Node& value, const YAML::Mark& mark, std::string_view name,
                                     std::string_view accepted) {
  return complain(mark,
                  fmt::format("{}: wrong type, {} was given; accepted: {}", name, describe(value), accepted));
}

YAML::Mark mark_of(const YAML::Node& value, const YAML::Mark& otherwise) {
  return value.IsNull() ? otherwise : value.Mark();
}

bool has_own_tag(const YAML::Node& node) {
  const auto& tag = node.Tag();
  return !tag.empty() && tag != "?" && tag != "!";
}

bool is_quoted(const YAML::Node& node) { return node.Tag() == "!"; }

std::string describe(const YAML::Node& node) {
  if (has_own_tag(node)) return fmt::format("a value with the tag {}", in_quotes(node.Tag()));
  if (node.IsNull()) return "nothing";
  if (node.IsSequence()) return node.size() == 0 ? "an empty list" : "a list";
  if (node.IsMap()) return "a map";
  return fmt::format("the {}text {}", is_quoted(node) ? "quoted " : "", in_quotes(node.Scalar()));
}

Checked<std::string> scalar_of(const YAML::Node& value, const YAML::Mark& mark, std::string_view name,
                               std::string_view accepted) {
  if (value.IsScalar() && !has_own_tag(value)) return value.Scalar();
  return wrong_type(value, mark, name, accepted);
}

Checked<Lines> read_map(const YAML::Node& map, const Keys& keys, const EntryReader& read) {
  Lines lines;
  for (const auto& entry : map) {
    const auto is_read = check_key(entry.first, keys, lines).and_then([&] {
      return read(entry.first.Scalar(), entry.second, entry.first.Mark());
    });
    if (!is_read) return tl::unexpected{is_read.error()};
  }
  return lines;
}

}  // namespace cmm
