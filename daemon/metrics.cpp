// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "config/text.hpp"

namespace cmm {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const std::string kPrefix = "cgroup_memory_manager_";

// From an idle host's scan to one of a hundred thousand cgroups.
const prometheus::Histogram::BucketBoundaries kScanSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                           0.1,    0.25,  0.5,    1,     2.5,  5,     10};

double seconds(Duration duration) { return std::chrono::duration<double>{duration}.count(); }
double number(Bytes bytes) { return static_cast<double>(bytes.count()); }

/// "target reached" as label values are written: target_reached.
std::string label(std::string_view words) {
  std::string text{words};
  std::ranges::replace(text, ' ', '_');
  return text;
}

Bytes reclaimable(const TargetReport& row) {
  return row.sample && row.sample->cache ? row.sample->cache->reclaimable : Bytes{};
}

/// A series of each cgroup, where it has this value.
struct CgroupSeries {
  const char* name;
  const char* help;
  MetricType type;
  std::optional<double> (*value)(const TargetReport&);
};

template <class Get>
std::optional<double> of_sample(const TargetReport& row, const Get& get) {
  return row.sample ? std::optional{get(*row.sample)} : std::nullopt;
}

template <class Get>
std::optional<double> of_ledger(const TargetReport& row, const Get& get) {
  return row.ledger ? std::optional{get(*row.ledger)} : std::optional{0.0};
}

const std::array kCgroupSeries{
    CgroupSeries{"cgroup_usage_bytes", "Memory charged to the cgroup.", MetricType::Gauge,
                 [](const TargetReport& row) {
                   return of_sample(row, [](const auto& sample) { return number(sample.usage); });
                 }},
    CgroupSeries{"cgroup_effective_limit_bytes",
                 "The tightest memory limit of the cgroup and its ancestors, at most the machine's memory.",
                 MetricType::Gauge,
                 [](const TargetReport& row) {
                   return of_sample(row, [](const auto& sample) { return number(sample.effective_limit); });
                 }},
    CgroupSeries{"cgroup_reclaimable_bytes",
                 "Page cache that can be dropped now; absent while usage alone proves that it is below the "
                 "threshold.",
                 MetricType::Gauge,
                 [](const TargetReport& row) -> std::optional<double> {
                   if (!row.sample || !row.sample->cache) return std::nullopt;
                   return number(row.sample->cache->reclaimable);
                 }},
    CgroupSeries{"cgroup_threshold_bytes", "Reclaimable cache from which on it is freed.", MetricType::Gauge,
                 [](const TargetReport& row) {
                   return of_sample(row, [&](const auto&) { return number(row.marks.threshold); });
                 }},
    CgroupSeries{"cgroup_target_bytes", "Reclaimable cache down to which it is freed, as learned.",
                 MetricType::Gauge,
                 [](const TargetReport& row) {
                   return of_sample(row, [&](const auto&) { return number(row.marks.target); });
                 }},
    CgroupSeries{"cgroup_cooldown_seconds", "Least time between two reclaims, as learned.", MetricType::Gauge,
                 [](const TargetReport& row) {
                   return of_sample(row, [&](const auto&) { return seconds(row.cooldown); });
                 }},
    CgroupSeries{"cgroup_requested_bytes_total", "Cache that reclaims were to free.", MetricType::Counter,
                 [](const TargetReport& row) {
                   return of_ledger(row, [](const auto& ledger) { return number(ledger.requested); });
                 }},
    CgroupSeries{"cgroup_freed_bytes_total", "Cache that reclaims were measured to free.",
                 MetricType::Counter,
                 [](const TargetReport& row) {
                   return of_ledger(row, [](const auto& ledger) { return number(ledger.freed); });
                 }},
    CgroupSeries{
        "cgroup_refaulted_bytes_total",
        "Cache that came back from disk within the cooldown after a reclaim; absent where the kernel "
        "doesn't count it.",
        MetricType::Counter, [](const TargetReport& row) -> std::optional<double> {
          if (!row.ledger || !row.ledger->refaulted) return std::nullopt;
          return number(*row.ledger->refaulted);
        }}};

ClientMetric metric_of(const TargetReport& row, MetricType type, double value) {
  ClientMetric metric;
  metric.label = {{"cgroup", utf8(row.cgroup->path)}, {"container_id", row.cgroup->container_id}};
  // To Prometheus an empty label is none.
  if (const auto& names = row.cgroup->workload.names; !names.container.empty()) {
    metric.label.push_back({"namespace", utf8(names.namespace_name)});
    metric.label.push_back({"pod", utf8(names.pod)});
    metric.label.push_back({"container", utf8(names.container)});
  }
  if (type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return metric;
}

MetricFamily family_of(const CgroupSeries& series, const std::vector<const TargetReport*>& rows) {
  MetricFamily family{kPrefix + series.name, series.help, series.type, {}};
  for (const auto* row : rows) {
    if (const auto value = series.value(*row)) family.metric.push_back(metric_of(*row, series.type, *value));
  }
  return family;
}

}  // namespace

Metrics::Metrics(unsigned cgroups)
    : most_cgroups_(cgroups),
      scan_duration_(BuildHistogram()
                         .Name(kPrefix + "scan_duration_seconds")
                         .Help("How long scans took.")
                         .Register(registry_)
                         .Add({}, kScanSeconds)),
      targets_(BuildGauge()
                   .Name(kPrefix + "targets")
                   .Help("Cgroups that the last scan looked at.")
                   .Register(registry_)
                   .Add({})),
      left_out_(BuildGauge()
                    .Name(kPrefix + "cgroups_without_series")
                    .Help("Cgroups that have no series of their own here, because there are too many.")
                    .Register(registry_)
                    .Add({})),
      skipped_(BuildGauge()
                   .Name(kPrefix + "targets_skipped")
                   .Help("Cgroups that the last scan left alone, by reason.")
                   .Register(registry_)),
      errors_(
          BuildCounter()
              .Name(kPrefix + "errors_total")
              .Help("What went wrong: cgroups that could not be read, reclaims that failed, calls that hung.")
              .Register(registry_)),
      stuck_reclaims_(BuildGauge()
                          .Name(kPrefix + "stuck_reclaims")
                          .Help("Reclaims that hang in the kernel.")
                          .Register(registry_)
                          .Add({})),
      last_scan_(BuildGauge()
                     .Name(kPrefix + "last_scan_timestamp_seconds")
                     .Help("When the last scan that could read a parent ended, in seconds since 1970.")
                     .Register(registry_)
                     .Add({})),
      gate_closed_(
          BuildGauge()
              .Name(kPrefix + "gate_closed")
              .Help("1 while the node has so much memory available that no cgroup is looked at; else 0.")
              .Register(registry_)
              .Add({})),
      reload_ok_(BuildGauge()
                     .Name(kPrefix + "last_reload_successful")
                     .Help("1 where the last reload of the settings went well, or there was none; else 0.")
                     .Register(registry_)
                     .Add({})),
      reclaims_(BuildCounter()
                    .Name(kPrefix + "reclaims_total")
                    .Help("Reclaims of all cgroups, by how they ended.")
                    .Register(registry_)),
      requested_(BuildCounter()
                     .Name(kPrefix + "requested_bytes_total")
                     .Help("Cache that the reclaims of all cgroups were to free.")
                     .Register(registry_)
                     .Add({})),
      freed_(BuildCounter()
                 .Name(kPrefix + "freed_bytes_total")
                 .Help("Cache that the reclaims of all cgroups were measured to free.")
                 .Register(registry_)
                 .Add({})),
      reclaim_cpu_(BuildCounter()
                       .Name(kPrefix + "reclaim_cpu_seconds_total")
                       .Help("CPU time that reclaims took.")
                       .Register(registry_)
                       .Add({})) {
  reload_ok_.Set(1);
  for (const auto* kind : {"unreadable", "reclaim", "scan_hung", "reclaim_hung"})
    errors_.Add({{"kind", kind}});
  BuildGauge()
      .Name(kPrefix + "build_info")
      .Help("1, with the version as a label.")
      .Register(registry_)
      .Add({{"version", CMM_VERSION}})
      .Set(1);
}

void Metrics::scanned(const std::shared_ptr<const ScanReport>& report, bool has_succeeded) {
  using WallTime = std::chrono::system_clock;
  gate_closed_.Set(report->gate_closed ? 1 : 0);
  targets_.Set(static_cast<double>(report->targets.size()));
  count_errors(*report);
  if (has_succeeded)
    last_scan_.Set(std::chrono::duration<double>{WallTime::now().time_since_epoch()}.count());
  count_decisions(*report);
  if (report->gate_closed) return;
  report_ = report;
  scan_duration_.Observe(seconds(report->took));
  left_out_.Set(static_cast<double>(report->targets.size() - shown().size()));

  std::unordered_map<CgroupId, std::map<std::string, std::uint64_t>, CgroupId::Hash> outcomes;
  for (const auto& row : report->targets) {
    const auto counted = outcomes_.find(row.cgroup->id);
    if (counted != outcomes_.end()) outcomes.insert(outcomes_.extract(counted));
  }
  outcomes_ = std::move(outcomes);
}

void Metrics::count_decisions(const ScanReport& report) {
  std::map<std::string, unsigned> reasons;
  for (const auto& row : report.targets) {
    if (const auto* skip = std::get_if<Skip>(&row.decision)) ++reasons[label(reason(*skip))];
  }
  for (const auto& metric : skipped_.Collect()) {
    for (const auto& series : metric.metric) reasons.try_emplace(series.label.front().value, 0);
  }
  for (const auto& [reason, count] : reasons) skipped_.Add({{"reason", reason}}).Set(count);
}

void Metrics::count_errors(const ScanReport& report) {
  const auto is_unreadable = [](const TargetReport& row) {
    const auto* skip = std::get_if<Skip>(&row.decision);
    return skip != nullptr && std::holds_alternative<Unreadable>(*skip);
  };
  const auto count = std::ranges::count_if(report.targets, is_unreadable) +
                     static_cast<std::ptrdiff_t>(report.unreadable_branches.size());
  errors_.Add({{"kind", "unreadable"}}).Increment(static_cast<double>(count));
}

void Metrics::reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  const auto end = label(to_string(outcome.end));
  ++outcomes_[job.cgroup->id][end];
  reclaims_.Add({{"outcome", end}}).Increment();
  requested_.Increment(number(outcome.requested));
  freed_.Increment(number(outcome.freed));
  reclaim_cpu_.Increment(seconds(outcome.cpu));
  if (outcome.error) errors_.Add({{"kind", "reclaim"}}).Increment();
}

void Metrics::reloaded(bool successful) { reload_ok_.Set(successful ? 1 : 0); }

void Metrics::scan_hung() { errors_.Add({{"kind", "scan_hung"}}).Increment(); }
void Metrics::reclaim_hung() { errors_.Add({{"kind", "reclaim_hung"}}).Increment(); }

std::vector<const TargetReport*> Metrics::shown() const {
  std::vector<const TargetReport*> rows;
  if (!report_) return rows;
  rows.reserve(report_->targets.size());
  for (const auto& row : report_->targets) rows.push_back(&row);
  if (rows.size() > most_cgroups_) {
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(most_cgroups_);
    std::ranges::nth_element(rows, end, std::ranges::greater{},
                             [](const TargetReport* row) { return reclaimable(*row); });
    rows.erase(end, rows.end());
  }
  return rows;
}

MetricFamily Metrics::family_of_reclaims(const std::vector<const TargetReport*>& rows) const {
  MetricFamily ends{
      kPrefix + "cgroup_reclaims_total", "Reclaims, by how they ended.", MetricType::Counter, {}};
  for (const auto* row : rows) {
    const auto counted = outcomes_.find(row->cgroup->id);
    if (counted == outcomes_.end()) continue;
    for (const auto& [end, count] : counted->second) {
      auto metric = metric_of(*row, MetricType::Counter, static_cast<double>(count));
      metric.label.push_back({"outcome", end});
      ends.metric.push_back(std::move(metric));
    }
  }
  return ends;
}

// One family at a time: a series holds its labels as strings of its own, and all of them at once would be
// several times the text.
std::string Metrics::text() const {
  const prometheus::TextSerializer serializer;
  auto text = serializer.Serialize(registry_.Collect());
  const auto append = [&](MetricFamily family) {
    if (family.metric.empty()) return;
    std::vector<MetricFamily> one;
    one.push_back(std::move(family));
    text += serializer.Serialize(one);
  };
  const auto rows = shown();
  const bool is_closed = gate_closed_.Value() != 0;
  for (const auto& series : kCgroupSeries) {
    // A gauge tells how it is now.
    if (!is_closed || series.type == MetricType::Counter) append(family_of(series, rows));
  }
  append(family_of_reclaims(rows));
  return text;
}

}  // namespace cmm
