// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cgroupfs/reclaimer.hpp"
#include "engine/report.hpp"

namespace cmm {

/// What Prometheus reads. Those of the process live in a registry; those of the cgroups are made from the
/// last report when they are asked for, so that a removed cgroup's series go with it.
class Metrics {
 public:
  /// At most `cgroups` of them get series of their own: those with the most reclaimable cache.
  explicit Metrics(unsigned cgroups);

  void change(unsigned cgroups) { most_cgroups_ = cgroups; }
  /// While the gate is closed (`when`) the cgroups keep their counters, and have nothing else.
  void scanned(const std::shared_ptr<const ScanReport>& report, bool has_succeeded = true);
  void reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome);
  void reloaded(bool successful);
  void scan_hung();
  void reclaim_hung();
  /// How many reclaims hang in the kernel now.
  void stuck(std::size_t reclaims) { stuck_reclaims_.Set(static_cast<double>(reclaims)); }

  /// The text format of Prometheus, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;

  void count_errors(const ScanReport& report);
  [[nodiscard]] std::vector<const TargetReport*> shown() const;
  [[nodiscard]] prometheus::MetricFamily family_of_reclaims(
      const std::vector<const TargetReport*>& rows) const;
  void count_decisions(const ScanReport& report);

  unsigned most_cgroups_;
  prometheus::Registry registry_;
  prometheus::Histogram& scan_duration_;
  prometheus::Gauge& targets_;
  prometheus::Gauge& left_out_;
  Gauges& skipped_;
  Counters& errors_;
  prometheus::Gauge& stuck_reclaims_;
  prometheus::Gauge& last_scan_;
  prometheus::Gauge& gate_closed_;
  prometheus::Gauge& reload_ok_;
  Counters& reclaims_;
  prometheus::Counter& requested_;
  prometheus::Counter& freed_;
  prometheus::Counter& reclaim_cpu_;

  std::shared_ptr<const ScanReport> report_;  // the last one that looked at cgroups
  std::unordered_map<CgroupId, std::map<std::string, std::uint64_t>, CgroupId::Hash> outcomes_;
};

}  // namespace cmm
