// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_board.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/time_text.hpp"
#include "config/quantity.hpp"
#include "daemon/describe.hpp"
#include "policy/rules.hpp"

namespace cmm {
namespace {

using Json = nlohmann::ordered_json;
using Seconds = std::chrono::duration<double>;

// Ten minutes, as a line on the page.
constexpr std::size_t kTraceLength = 60;
constexpr Duration kTracePeriod = std::chrono::seconds{10};
constexpr std::size_t kRecentReclaims = 50;

double seconds(Duration duration) { return Seconds{duration}.count(); }

Json json_of(const std::optional<Bytes>& bytes) { return bytes ? Json(bytes->count()) : Json(nullptr); }

Json ledger_json(const std::shared_ptr<const Ledger>& ledger) {
  if (!ledger) return nullptr;
  return {{"reclaims", ledger->reclaims},
          {"requested", ledger->requested.count()},
          {"freed", ledger->freed.count()},
          {"refaulted", json_of(ledger->refaulted)},
          {"cpu_seconds", seconds(ledger->cpu)}};
}

std::string reason_of(const Decision& decision) {
  const auto* skip = std::get_if<Skip>(&decision);
  return skip == nullptr ? "reclaim" : std::string{reason(*skip)};
}

}  // namespace

void StatusBoard::change(const Settings& settings, const EngineSetup& setup) {
  settings_ = settings;
  hierarchy_ = setup.hierarchy;
  parents_ = setup.parents;
  json_.reset();
}

void StatusBoard::scanned(const std::shared_ptr<const ScanReport>& report) {
  report_ = report;
  scanned_at_ = std::chrono::system_clock::now();
  json_.reset();
  if (report->at < next_trace_) return;
  next_trace_ = report->at + kTracePeriod;
  trace(*report);
}

void StatusBoard::trace(const ScanReport& report) {
  std::unordered_map<CgroupId, Trace, CgroupId::Hash> traces;
  for (const auto& row : report.targets) {
    auto& trace = traces[row.cgroup->id] = std::move(traces_[row.cgroup->id]);
    const auto usage = row.sample ? row.sample->usage : Bytes{};
    trace.push_back(static_cast<std::uint32_t>(
        std::min<std::uint64_t>(usage.count() >> 10U, std::numeric_limits<std::uint32_t>::max())));
    if (trace.size() > kTraceLength) trace.pop_front();
  }
  traces_ = std::move(traces);
}

void StatusBoard::reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  reclaims_.push_front({std::chrono::system_clock::now(), job.cgroup->path, outcome});
  if (reclaims_.size() > kRecentReclaims) reclaims_.pop_back();
  json_.reset();
}

void StatusBoard::reloaded(const std::string& error) {
  reload_error_ = error;
  reloaded_at_ = std::chrono::system_clock::now();
  json_.reset();
}

std::shared_ptr<const std::string> StatusBoard::json() {
  if (json_) return json_;
  Json document{{"daemon", daemon_json()}, {"scan", scan_json()}, {"targets", Json::array()}};
  if (report_) {
    for (const auto& row : report_->targets) document["targets"].push_back(target_json(row));
  }
  document["reclaims"] = reclaims_json();
  // A cgroup's name may be any bytes.
  json_ = std::make_shared<const std::string>(document.dump(-1, ' ', false, Json::error_handler_t::replace));
  return json_;
}

Json StatusBoard::daemon_json() const {
  Json parents = Json::array();
  for (const auto& parent : parents_) parents.push_back(parent.path);
  Json rules = Json::array();
  for (std::size_t place = 0; place < settings_.rules.size(); ++place) {
    rules.push_back(rule_name(settings_.rules, place));
  }
  const auto& policy = settings_.policy;
  return {{"version", CMM_VERSION},
          {"pid", ::getpid()},
          {"started", to_utc_text(started_)},
          {"cgroup_version", hierarchy_.version == CgroupVersion::v1 ? 1 : 2},
          {"mount", hierarchy_.mount},
          {"parents", parents},
          {"dry_run", settings_.dry_run},
          {"threshold", to_string(policy.threshold)},
          {"target", policy.target ? to_string(*policy.target) : "80% of the threshold"},
          {"interval", to_text(settings_.interval)},
          {"cooldown", to_text(policy.cooldown)},
          {"max_pressure", policy.max_pressure.value},
          {"rules", rules},
          {"last_reload", reloaded_at_ ? Json{{"at", to_utc_text(*reloaded_at_)}, {"error", reload_error_}}
                                       : Json(nullptr)}};
}

Json StatusBoard::scan_json() const {
  if (!report_) return nullptr;
  Json unreadable = Json::array();
  for (const auto& error : report_->unreadable_branches) unreadable.push_back(error.message());
  Json gate = nullptr;
  if (report_->gate_closed) {
    gate = {{"available", report_->gate_closed->available.count()},
            {"total", report_->gate_closed->total.count()}};
  }
  return {{"at", to_utc_text(scanned_at_)},
          {"took_seconds", seconds(report_->took)},
          {"next_in_seconds", seconds(report_->next_in)},
          {"gate_closed", gate},
          {"unreadable", unreadable}};
}

Json StatusBoard::target_json(const TargetReport& row) const {
  Json json{{"cgroup", row.cgroup->path},
            {"container", row.cgroup->container_id},
            {"reason", reason_of(row.decision)},
            {"decision", describe(row.decision, report_->at)},
            {"rule", row.rule ? Json(*row.rule + 1) : Json(nullptr)},
            {"cooldown_seconds", seconds(row.cooldown)},
            {"ledger", ledger_json(row.ledger)}};
  if (const auto& sample = row.sample) {
    json["usage"] = sample->usage.count();
    json["effective_limit"] = sample->effective_limit.count();
    json["threshold"] = row.marks.threshold.count();
    json["target"] = row.marks.target.count();
    json["cache"] = sample->cache ? Json(sample->cache->cache.count()) : Json(nullptr);
    json["reclaimable"] = sample->cache ? Json(sample->cache->reclaimable.count()) : Json(nullptr);
    json["pressure"] = sample->guards.pressure ? Json(sample->guards.pressure->value) : Json(nullptr);
  }
  const auto trace = traces_.find(row.cgroup->id);
  if (trace != traces_.end()) json["trace"] = trace->second;
  return json;
}

Json StatusBoard::reclaims_json() const {
  Json all = Json::array();
  for (const auto& [at, cgroup, outcome] : reclaims_) {
    all.push_back({{"at", to_utc_text(at)},
                   {"cgroup", cgroup},
                   {"requested", outcome.requested.count()},
                   {"freed", outcome.freed.count()},
                   {"duration_seconds", seconds(outcome.duration)},
                   {"outcome", to_string(outcome.end)},
                   {"error", outcome.error ? Json(outcome.error->message()) : Json(nullptr)}});
  }
  return all;
}

}  // namespace cmm
