// SPDX-License-Identifier: Apache-2.0
#include "daemon/json_value.hpp"

#include <fmt/format.h>

#include "config/text.hpp"

namespace cmm {
namespace {

using Json = JsonValue::Json;

/// In a few words, for a message of one line.
std::string in_words(const Json& json) {
  if (json.is_string()) return fmt::format("the text {}", in_quotes(json.get_ref<const std::string&>()));
  if (json.is_structured()) return json.is_array() ? "a list" : "an object";
  return json.dump();
}

}  // namespace

JsonValue JsonValue::at(const char* key) const {
  const auto* found = member(key);
  const JsonValue value{found, *this, key, 0};
  if (json_ != nullptr && found == nullptr && error_->empty()) *error_ = value.place() + " is missing";
  return value;
}

std::optional<JsonValue> JsonValue::find(const char* key) const {
  const auto* found = member(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return JsonValue{found, *this, key, 0};
}

std::vector<JsonValue> JsonValue::elements() const {
  std::vector<JsonValue> all;
  if (json_ == nullptr) return all;
  if (!json_->is_array()) {
    complain("a list");
    return all;
  }
  all.reserve(json_->size());
  for (const auto& each : *json_) all.push_back({&each, *this, nullptr, all.size()});
  return all;
}

std::string JsonValue::text() const {
  if (json_ != nullptr && json_->is_string()) return json_->get<std::string>();
  complain("a text");
  return {};
}

bool JsonValue::flag() const {
  if (json_ != nullptr && json_->is_boolean()) return json_->get<bool>();
  complain("true or false");
  return false;
}

// Only what was written without sign, point and exponent and fits in 64 bits is unsigned: to convert any
// other number would change it, or have no defined result.
std::uint64_t JsonValue::count(std::uint64_t least, std::uint64_t most) const {
  if (json_ != nullptr && json_->is_number_unsigned()) {
    const auto number = json_->get<std::uint64_t>();
    if (number >= least && number <= most) return number;
  }
  complain(most == std::numeric_limits<std::uint64_t>::max()
               ? fmt::format("a whole number from {}", least)
               : fmt::format("a whole number from {} to {}", least, most));
  return least;
}

double JsonValue::number() const {
  if (json_ != nullptr && json_->is_number()) {
    const auto number = json_->get<double>();
    if (number >= 0) return number;
  }
  complain("a number from 0");
  return 0;
}

void JsonValue::complain(const std::string& wanted) const {
  if (json_ == nullptr || !error_->empty()) return;
  *error_ = fmt::format("{} is {} instead of {}", place(), in_words(*json_), wanted);
}

const Json* JsonValue::member(const char* key) const {
  if (json_ == nullptr) return nullptr;
  if (!json_->is_object()) {
    complain("an object");
    return nullptr;
  }
  const auto found = json_->find(key);
  return found == json_->end() ? nullptr : &*found;
}

std::string JsonValue::place() const {
  if (above_ == nullptr) return "the document";
  if (key_ == nullptr) return fmt::format("{}[{}]", above_->place(), index_);
  return above_->above_ == nullptr ? std::string{key_} : fmt::format("{}.{}", above_->place(), key_);
}

}  // namespace cmm
