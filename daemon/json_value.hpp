// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cmm {

/// A value in a JSON document that somebody else wrote, for whoever reads it member by member: what isn't as
/// it is asked for is complained of once, in `error`, with its place ("targets[3].usage is -1 instead of …"),
/// and reads as empty. The document, `error` and the values above have to outlive it.
class JsonValue {
 public:
  using Json = nlohmann::ordered_json;

  JsonValue(const Json& document, std::string& error) : json_(&document), error_(&error) {}

  /// A member that has to be there.
  [[nodiscard]] JsonValue at(const char* key) const;
  /// A member that may be null or absent.
  [[nodiscard]] std::optional<JsonValue> find(const char* key) const;
  /// The elements of an array.
  [[nodiscard]] std::vector<JsonValue> elements() const;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool flag() const;
  /// A whole number between these.
  [[nodiscard]] std::uint64_t count(std::uint64_t least = 0,
                                    std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
  /// A number from 0.
  [[nodiscard]] double number() const;

  void complain(const std::string& wanted) const;

 private:
  JsonValue(const Json* json, const JsonValue& above, const char* key, std::size_t index)
      : json_(json), above_(&above), key_(key), index_(index), error_(above.error_) {}
  [[nodiscard]] const Json* member(const char* key) const;
  [[nodiscard]] std::string place() const;

  const Json* json_;  // none: it was missing, and complained of
  const JsonValue* above_ = nullptr;
  const char* key_ = nullptr;  // none: an element
  std::size_t index_ = 0;
  std::string* error_;
};

}  // namespace cmm
