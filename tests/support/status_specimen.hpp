// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "daemon/status_board.hpp"

namespace cmm::test {

/// A status document with a value in each place, of one target "top/a" on a mount that isn't there.
inline std::string status_specimen() {
  Settings settings;
  settings.rules = {{.match = {.path = "top/*"},
                     .ignore = false,
                     .threshold = Percent{10},
                     .target = {},
                     .cooldown = {},
                     .max_pressure = {}}};
  settings.when.node_available_below = Percent{15};
  EngineSetup setup;
  setup.hierarchy.mount = "/nowhere";
  setup.parents = {{"top"}};
  setup.ability = {.spares_anon = false, .why_not = "an old kernel"};

  TargetReport row;
  row.cgroup = std::make_shared<const Cgroup>(Cgroup{
      .id = CgroupId{7},
      .path = "top/a",
      .container_id = std::string(64, 'c'),
      .workload = {.pod_uid = "1f2e", .qos = QosClass::burstable, .names = {"shop", "web-0", "nginx"}}});
  row.sample = MemorySample{.usage = MiB(300),
                            .effective_limit = GiB(1),
                            .cache = CacheSample{.cache = MiB(250), .reclaimable = MiB(200)},
                            .guards = {}};
  row.sample->guards.pressure = Percent{1.5};
  row.marks = {.threshold = MiB(256), .target = MiB(200)};
  row.decision = BelowThreshold{};
  row.rule = 0;
  row.cooldown = std::chrono::seconds{60};
  row.configured_cooldown = std::chrono::seconds{30};
  Ledger ledger;
  ledger.reclaims = 3;
  ledger.slices = 40;
  ledger.refaulted = MiB(1);
  row.ledger = std::make_shared<const Ledger>(ledger);

  ScanReport report;
  report.targets.push_back(row);
  report.unreadable_branches.push_back({std::make_error_code(std::errc::io_error), "list", "top/b"});
  StatusBoard board{settings, setup};
  board.scanned(std::make_shared<const ScanReport>(report));
  return board.json();
}

}  // namespace cmm::test
