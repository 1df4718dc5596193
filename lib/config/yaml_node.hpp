// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace cmm {

/// Something to be said about one line of a YAML file.
struct Complaint {
  int line = 1;  ///< from 1
  std::string message;
};

template <class T>
using Checked = tl::expected<T, Complaint>;

/// For each key the line it is in, from 1.
using Lines = std::map<std::string, int, std::less<>>;

/// The line of a mark of yaml-cpp, from 1.
int line_of(const YAML::Mark& mark);

tl::unexpected<Complaint> complain(const YAML::Mark& mark, std::string message);

/// Complains of the type of `value`: a line that begins with `name`.
tl::unexpected<Complaint> wrong_type(const YAML::Node& value, const YAML::Mark& mark, std::string_view name,
                                     std::string_view accepted);

/// Makes a complaint one about something within `name`: its message begins with "NAME: ".
inline auto within(std::string_view name) {
  return [=](const Complaint& inner) {
    return Complaint{inner.line, std::string{name} + ": " + inner.message};
  };
}

/// Where `value` is; `otherwise` where it is empty, as yaml-cpp has no place for nothing.
YAML::Mark mark_of(const YAML::Node& value, const YAML::Mark& otherwise);

/// A tag that was written ("!!int"), as opposed to the two that stand for plain and quoted scalars.
bool has_own_tag(const YAML::Node& node);

bool is_quoted(const YAML::Node& node);

/// What a value is, in words for a message: "a list", "the text \"5\"".
std::string describe(const YAML::Node& node);

/// What is in `value` if it is a plain or quoted scalar; else wrong_type().
Checked<std::string> scalar_of(const YAML::Node& value, const YAML::Mark& mark, std::string_view name,
                               std::string_view accepted);

/// What is done with one entry of a map. The mark is the key's.
using EntryReader =
    std::function<Checked<void>(const std::string& key, const YAML::Node& value, const YAML::Mark& mark)>;

/// Hands each entry of `map` to `read`, in order, up to the first complaint. The keys have to be among
/// `keys`, each at most once.
Checked<Lines> read_map(const YAML::Node& map, const std::vector<std::string_view>& keys,
                        const EntryReader& read);

}  // namespace cmm
