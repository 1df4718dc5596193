// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "engine/report.hpp"
#include "model/workload.hpp"

// What `status` and `explain` need of the document that StatusBoard makes. Whatever else is in it is passed
// over, as a newer daemon may say more.

namespace cmm {

struct StatusRule {
  std::string name;
  std::string says;
};

struct StatusDaemon {
  std::uint64_t pid = 0;
  CgroupVersion cgroup_version = CgroupVersion::v2;
  std::string mount;
  std::vector<std::string> parents;
  std::string threshold;
  std::string target;
  std::string cooldown;
  std::string when;
  bool spares_anon = false;
  std::string cannot_spare_anon;
  bool allow_swap = false;
  std::vector<StatusRule> rules;
};

struct StatusScan {
  std::string at;
  std::optional<GateClosed> gate_closed;
  std::vector<std::string> unreadable;
};

struct StatusLedger {
  std::uint64_t reclaims = 0;
  std::uint64_t slices = 0;
  double duration_seconds = 0;
  Bytes requested;
  Bytes freed;
  std::optional<Bytes> refaulted;
};

struct StatusSample {
  Bytes usage;
  Bytes effective_limit;
  Bytes threshold;
  Bytes target;
  std::optional<Bytes> reclaimable;
  std::optional<double> pressure;
};

struct StatusTarget {
  std::string cgroup;
  std::string container_id;
  ContainerNames names;
  std::string pod_uid;
  std::string qos;
  std::string reason;
  std::string decision;
  std::optional<std::uint64_t> rule;  ///< from 1
  double cooldown_seconds = 0;
  double configured_cooldown_seconds = 0;
  double max_pressure = 0;
  std::optional<StatusLedger> ledger;
  std::optional<StatusSample> sample;
};

struct Status {
  StatusDaemon daemon;
  std::optional<StatusScan> scan;  ///< none before the first
  std::vector<StatusTarget> targets;
};

/// The text as JSON, whatever it says. Nothing where it is none, or nested deeper than any status.
std::optional<nlohmann::ordered_json> parse_json(std::string_view text);

/// The document's content; or what can't be understood of it, with its place in the document.
tl::expected<Status, std::string> read_status(const nlohmann::ordered_json& document);

}  // namespace cmm
