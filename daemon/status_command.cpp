// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "config/text.hpp"
#include "daemon/explanation.hpp"
#include "daemon/log.hpp"
#include "daemon/status_document.hpp"
#include "model/workload.hpp"

namespace cmm {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRow = "{:>11}  {:>11}  {:>11}  {:>11}  {:>9}  {:<34}  {}\n";

ExitCode fail(const StartupError& error) {
  print_error(error.message);
  return error.code;
}

std::uint64_t number(const Json& target, const char* key) {
  const auto found = target.find(key);
  return found == target.end() || found->is_null() ? 0 : found->get<std::uint64_t>();
}

std::string size(const Json& target, const char* key) {
  const auto found = target.find(key);
  if (found == target.end() || found->is_null()) return "-";
  return human(Bytes{found->get<std::uint64_t>()});
}

std::string decision(const Json& target) {
  auto text = printable(target["decision"].get<std::string>());
  if (!target["rule"].is_null()) text += fmt::format(" (rule {})", target["rule"].get<int>());
  return text;
}

std::string name(const Json& target) {
  return printable(name_and_path(names_of(target), target["cgroup"].get<std::string>()));
}

void print_table(const StatusDocument& document) {
  const auto& scan = document.json["scan"];
  std::vector<const Json*> targets;
  for (const auto& each : document.json["targets"]) targets.push_back(&each);
  std::ranges::stable_sort(targets, [](const Json* a, const Json* b) {
    return std::pair{number(*a, "reclaimable"), number(*a, "usage")} >
           std::pair{number(*b, "reclaimable"), number(*b, "usage")};
  });
  fmt::print(kRow, "USAGE", "RECLAIMABLE", "THRESHOLD", "LIMIT", "COOLDOWN", "DECISION", "CGROUP");
  for (const auto* target : targets) {
    fmt::print(kRow, size(*target, "usage"), size(*target, "reclaimable"), size(*target, "threshold"),
               size(*target, "effective_limit"),
               fmt::format("{:.4g} s", (*target)["cooldown_seconds"].get<double>()), decision(*target),
               name(*target));
  }
  if (is_gate_closed(scan)) fmt::print("{}\n", gate_text(scan));
  for (const auto& error : scan.is_null() ? Json::array() : scan["unreadable"]) {
    fmt::print("unreadable: {}\n", printable(error.get<std::string>()));
  }
  fmt::print("({})\n", document.source);
}

}  // namespace

ExitCode print_status(const Options& options) {
  auto document = status_document(options.settings);
  if (!document) return fail(document.error());
  if (options.output_json) {
    document->json["source"] = document->source;
    fmt::print("{}\n", document->json.dump(2, ' ', true, Json::error_handler_t::replace));
  } else {
    print_table(*document);
  }
  return ExitCode::ok;
}

ExitCode print_explanation(const Options& options) {
  const auto document = status_document(options.settings);
  if (!document) return fail(document.error());
  const auto text = explain(*document, options.subject);
  if (!text) return fail(text.error());
  fmt::print("{}", *text);
  return ExitCode::ok;
}

}  // namespace cmm
