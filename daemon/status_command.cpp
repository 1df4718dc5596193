// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "config/text.hpp"
#include "daemon/explanation.hpp"
#include "daemon/log.hpp"
#include "model/workload.hpp"

namespace cmm {
namespace {

constexpr const char* kStatusRow = "{:>11}  {:>11}  {:>11}  {:>11}  {:>9}  {:<34}  {}\n";

ExitCode fail(const StartupError& error) {
  print_error(error.message);
  return error.code;
}

std::string size(const std::optional<Bytes>& bytes) { return bytes ? human(*bytes) : "-"; }

std::string decision(const StatusTarget& target) {
  auto text = printable(target.decision);
  if (target.rule) text += fmt::format(" (rule {})", *target.rule);
  return text;
}

/// Those with the most to drop first.
std::pair<Bytes, Bytes> rank(const StatusTarget& target) {
  if (!target.sample) return {};
  return {target.sample->reclaimable.value_or(Bytes{}), target.sample->usage};
}

std::string row(const StatusTarget& target) {
  const auto of_sample = [&](Bytes StatusSample::*member) {
    return target.sample ? human((*target.sample).*member) : "-";
  };
  return fmt::format(kStatusRow, of_sample(&StatusSample::usage),
                     target.sample ? size(target.sample->reclaimable) : "-",
                     of_sample(&StatusSample::threshold), of_sample(&StatusSample::effective_limit),
                     describe_seconds(target.cooldown_seconds), decision(target),
                     printable(name_and_path(target.names, target.cgroup)));
}

}  // namespace

std::string status_table(const StatusDocument& document) {
  const auto& status = document.status;
  std::vector<const StatusTarget*> targets;
  targets.reserve(status.targets.size());
  for (const auto& each : status.targets) targets.push_back(&each);
  std::ranges::stable_sort(targets, [](const auto* a, const auto* b) { return rank(*a) > rank(*b); });
  auto text =
      fmt::format(kStatusRow, "USAGE", "RECLAIMABLE", "THRESHOLD", "LIMIT", "COOLDOWN", "DECISION", "CGROUP");
  for (const auto* target : targets) text += row(*target);
  if (status.scan && status.scan->gate_closed) text += gate_text(*status.scan->gate_closed) + "\n";
  if (status.scan) {
    for (const auto& error : status.scan->unreadable)
      text += fmt::format("unreadable: {}\n", printable(error));
  }
  return text + fmt::format("({})\n", document.source);
}

ExitCode print_status(const Options& options) {
  auto document = status_document(options.settings);
  if (!document) return fail(document.error());
  if (options.output_json) {
    document->json["source"] = document->source;
    fmt::print("{}\n", document->json.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    fmt::print("{}", status_table(*document));
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
