// SPDX-License-Identifier: Apache-2.0
#include "daemon/status.hpp"

#include <algorithm>

#include "daemon/json_value.hpp"

namespace cmm {
namespace {

using Json = nlohmann::ordered_json;

Bytes bytes(const JsonValue& value) { return Bytes{value.count()}; }

std::optional<Bytes> optional_bytes(const JsonValue& object, const char* key) {
  const auto value = object.find(key);
  return value ? std::optional{bytes(*value)} : std::nullopt;
}

std::vector<std::string> texts(const JsonValue& list) {
  std::vector<std::string> all;
  for (const auto& each : list.elements()) all.push_back(each.text());
  return all;
}

std::vector<StatusRule> rules(const JsonValue& list) {
  std::vector<StatusRule> all;
  for (const auto& each : list.elements()) all.push_back({each.at("name").text(), each.at("says").text()});
  return all;
}

StatusDaemon read_daemon(const JsonValue& json) {
  return {
      .pid = json.at("pid").count(),
      .cgroup_version = json.at("cgroup_version").count(1, 2) == 1 ? CgroupVersion::v1 : CgroupVersion::v2,
      .mount = json.at("mount").text(),
      .parents = texts(json.at("parents")),
      .threshold = json.at("threshold").text(),
      .target = json.at("target").text(),
      .cooldown = json.at("cooldown").text(),
      .when = json.at("when").text(),
      .spares_anon = json.at("spares_anon").flag(),
      .cannot_spare_anon = json.at("cannot_spare_anon").text(),
      .allow_swap = json.at("allow_swap").flag(),
      .rules = rules(json.at("rules"))};
}

StatusScan read_scan(const JsonValue& json) {
  StatusScan scan{.at = json.at("at").text(), .gate_closed = {}, .unreadable = texts(json.at("unreadable"))};
  if (const auto gate = json.find("gate_closed")) {
    scan.gate_closed = GateClosed{bytes(gate->at("available")), bytes(gate->at("total"))};
  }
  return scan;
}

StatusLedger read_ledger(const JsonValue& json) {
  return {.reclaims = json.at("reclaims").count(),
          .slices = json.at("slices").count(),
          .duration_seconds = json.at("duration_seconds").number(),
          .requested = bytes(json.at("requested")),
          .freed = bytes(json.at("freed")),
          .refaulted = optional_bytes(json, "refaulted")};
}

StatusSample read_sample(const JsonValue& json) {
  const auto pressure = json.find("pressure");
  return {.usage = bytes(json.at("usage")),
          .effective_limit = bytes(json.at("effective_limit")),
          .threshold = bytes(json.at("threshold")),
          .target = bytes(json.at("target")),
          .reclaimable = optional_bytes(json, "reclaimable"),
          .pressure = pressure ? std::optional{pressure->number()} : std::nullopt};
}

StatusTarget read_target(const JsonValue& json) {
  StatusTarget target;
  target.cgroup = json.at("cgroup").text();
  target.container_id = json.at("container_id").text();
  target.names = {json.at("namespace").text(), json.at("pod").text(), json.at("container").text()};
  target.pod_uid = json.at("pod_uid").text();
  target.qos = json.at("qos").text();
  target.reason = json.at("reason").text();
  target.decision = json.at("decision").text();
  if (const auto rule = json.find("rule")) target.rule = rule->count(1);
  target.cooldown_seconds = json.at("cooldown_seconds").number();
  target.configured_cooldown_seconds = json.at("configured_cooldown_seconds").number();
  target.max_pressure = json.at("max_pressure").number();
  if (const auto ledger = json.find("ledger")) target.ledger = read_ledger(*ledger);
  if (json.find("usage")) target.sample = read_sample(json);
  return target;
}

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  // Whoever prints or drops a document does so recursively.
  constexpr int kDeepest = 32;
  bool is_too_deep = false;
  const auto look = [&](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    is_too_deep = is_too_deep || depth > kDeepest;
    return !is_too_deep;
  };
  auto json = Json::parse(text, look, false);
  if (is_too_deep || json.is_discarded()) return std::nullopt;
  return json;
}

tl::expected<Status, std::string> read_status(const Json& document) {
  std::string error;
  const JsonValue root{document, error};
  Status status{.daemon = read_daemon(root.at("daemon")), .scan = {}, .targets = {}};
  if (const auto scan = root.find("scan")) status.scan = read_scan(*scan);
  const auto targets = root.at("targets");
  for (const auto& target : targets.elements()) {
    if (error.empty()) status.targets.push_back(read_target(target));
  }
  if (!error.empty()) return tl::unexpected{std::move(error)};
  return status;
}

}  // namespace cmm
