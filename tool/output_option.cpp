// SPDX-License-Identifier: Apache-2.0
#include "tool/output_option.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "config/text.hpp"
#include "tool/failure.hpp"

namespace cmm::tool {

CommandOption output_option() {
  return {.name = "output",
          .takes = CommandOption::Takes::value,
          .value_name = "FORM",
          .meaning = "text or json. Default: text.",
          .accepted = "text or json"};
}

Output output_of(const CommandWords& given) {
  const auto form = given.value("output");
  if (form == "json") return Output::json;
  if (!given.has("output") || form == "text") return Output::text;
  throw usage(fmt::format("--output: {}: not a form of output; accepted: text or json", in_quotes(form)));
}

std::string to_line(const nlohmann::ordered_json& json, int indent) {
  // In ASCII: a terminal finds nothing to obey in it, whatever a cgroup is called.
  return json.dump(indent, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace cmm::tool
