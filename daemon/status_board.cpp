// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_board.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/time_text.hpp"
#include "config/gate_text.hpp"
#include "config/quantity.hpp"
#include "config/text.hpp"
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
          {"slices", ledger->slices},
          {"duration_seconds", seconds(ledger->duration)},
          {"requested", ledger->requested.count()},
          {"freed", ledger->freed.count()},
          {"refaulted", json_of(ledger->refaulted)},
          {"cpu_seconds", seconds(ledger->cpu)}};
}

// A cgroup's name may be any bytes.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// "threshold 10%, cooldown 10s": what stands in the rule.
std::string said_by(const Rule& rule) {
  std::vector<std::string> said;
  if (rule.ignore) said.emplace_back("ignore");
  if (rule.threshold) said.push_back("threshold " + to_string(*rule.threshold));
  if (rule.target) said.push_back("target " + to_string(*rule.target));
  if (rule.cooldown) said.push_back("cooldown " + to_text(*rule.cooldown));
  if (rule.max_pressure) said.push_back("max_pressure " + to_string(*rule.max_pressure));
  return fmt::format("{}", fmt::join(said, ", "));
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
  ability_ = setup.ability;
}

void StatusBoard::scanned(const std::shared_ptr<const ScanReport>& report) {
  report_ = report;
  scanned_at_ = std::chrono::system_clock::now();
  if (report->gate_closed || report->at < next_trace_) return;
  next_trace_ = report->at + kTracePeriod;
  trace(*report);
}

void StatusBoard::trace(const ScanReport& report) {
  ++traced_;
  for (const auto& row : report.targets) {
    auto& [trace, seen] = traces_[row.cgroup->id];
    seen = traced_;
    const auto usage = row.sample ? row.sample->usage : Bytes{};
    if (trace.size() == kTraceLength) trace.erase(trace.begin());
    trace.push_back(static_cast<std::uint32_t>(
        std::min<std::uint64_t>(usage.count() >> 10U, std::numeric_limits<std::uint32_t>::max())));
  }
  std::erase_if(traces_, [&](const auto& entry) { return entry.second.seen != traced_; });
}

void StatusBoard::reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  reclaims_.push_front({std::chrono::system_clock::now(), job.cgroup, outcome});
  if (reclaims_.size() > kRecentReclaims) reclaims_.pop_back();
}

void StatusBoard::reloaded(const std::string& error) {
  reload_error_ = error;
  reloaded_at_ = std::chrono::system_clock::now();
}

/// Letters from a for nothing to z for the most of them: a line to look at needs no more, and there are many.
std::string StatusBoard::drawn(const Trace& trace) {
  constexpr std::uint64_t kSteps = 'z' - 'a';
  const auto most = std::max<std::uint64_t>(1, trace.empty() ? 0 : *std::ranges::max_element(trace));
  std::string letters;
  for (const std::uint64_t each : trace) letters += static_cast<char>('a' + each * kSteps / most);
  return letters;
}

// Each target goes into the text by itself: as one tree of values all of them would be several times as
// large.
std::string StatusBoard::json() const {
  auto text = fmt::format(R"({{"daemon":{},"scan":{},"targets":[)", dump(daemon_json()), dump(scan_json()));
  if (report_) {
    for (const auto& row : report_->targets) {
      if (&row != &report_->targets.front()) text += ',';
      text += dump(target_json(row));
    }
  }
  return text + fmt::format(R"(],"reclaims":{}}})", dump(reclaims_json()));
}

Json StatusBoard::daemon_json() const {
  Json parents = Json::array();
  for (const auto& parent : parents_) parents.push_back(parent.path);
  Json rules = Json::array();
  for (std::size_t place = 0; place < settings_.rules.size(); ++place) {
    rules.push_back({{"name", rule_name(settings_.rules, place)}, {"says", said_by(settings_.rules[place])}});
  }
  const auto& policy = settings_.policy;
  return {{"version", CMM_VERSION},
          {"pid", ::getpid()},
          {"started", to_utc_text(started_)},
          {"now", to_utc_text(std::chrono::system_clock::now())},
          {"cgroup_version", hierarchy_.version == CgroupVersion::v1 ? 1 : 2},
          {"mount", hierarchy_.mount},
          {"parents", parents},
          {"dry_run", settings_.dry_run},
          {"threshold", to_string(policy.threshold)},
          {"target", policy.target ? to_string(*policy.target) : "80% of the threshold"},
          {"interval", to_text(settings_.interval)},
          {"cooldown", to_text(policy.cooldown)},
          {"max_pressure", policy.max_pressure.value},
          {"when", to_yaml(settings_.when)},
          {"spares_anon", ability_.spares_anon},
          {"cannot_spare_anon", ability_.why_not},
          {"allow_swap", policy.allow_swap},
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
  const auto& [uid, qos, names] = row.cgroup->workload;
  Json json{{"cgroup", utf8(row.cgroup->path)},
            {"container_id", row.cgroup->container_id},
            {"namespace", utf8(names.namespace_name)},
            {"pod", utf8(names.pod)},
            {"container", utf8(names.container)},
            {"pod_uid", uid},
            {"qos", qos ? to_string(*qos) : ""},
            {"reason", reason_of(row.decision)},
            {"decision", describe(row.decision, report_->at)},
            {"rule", row.rule ? Json(*row.rule + 1) : Json(nullptr)},
            {"cooldown_seconds", seconds(row.cooldown)},
            {"configured_cooldown_seconds", seconds(row.configured_cooldown)},
            {"max_pressure", row.max_pressure.value},
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
  if (trace != traces_.end()) json["trace"] = drawn(trace->second.usage);
  return json;
}

Json StatusBoard::reclaims_json() const {
  Json all = Json::array();
  for (const auto& [at, cgroup, outcome] : reclaims_) {
    all.push_back({{"at", to_utc_text(at)},
                   {"cgroup", utf8(cgroup->path)},
                   {"name", utf8(full_name(cgroup->workload.names))},
                   {"requested", outcome.requested.count()},
                   {"freed", outcome.freed.count()},
                   {"duration_seconds", seconds(outcome.duration)},
                   {"outcome", to_string(outcome.end)},
                   {"error", outcome.error ? Json(outcome.error->message()) : Json(nullptr)}});
  }
  return all;
}

}  // namespace cmm
