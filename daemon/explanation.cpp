// SPDX-License-Identifier: Apache-2.0
#include "daemon/explanation.hpp"

#include <fmt/format.h>

#include <vector>

#include "cgroupfs/cgroup_path.hpp"
#include "cgroupfs/inspect.hpp"
#include "config/text.hpp"

namespace cmm {
namespace {

using Json = nlohmann::ordered_json;

// Docker shows as much of an id; with less, hits would be by chance.
constexpr std::size_t kShortestId = 6;

std::string text(const Json& object, const char* key) { return object.at(key).get<std::string>(); }

std::string size(Bytes bytes) { return fmt::format("{} ({})", bytes.count(), human(bytes)); }
std::string size(const Json& object, const char* key) {
  return size(Bytes{object.at(key).get<std::uint64_t>()});
}
std::string size(const std::optional<Bytes>& bytes) { return bytes ? human(*bytes) : "not counted"; }

tl::unexpected<StartupError> refuse(ExitCode code, std::string message) {
  return tl::unexpected{StartupError{code, std::move(message)}};
}

/// By the beginning of its container id, by NAMESPACE/POD or by NAMESPACE/POD/CONTAINER.
bool is_called(const Json& target, const std::string& subject) {
  if (subject.size() >= kShortestId && text(target, "container_id").starts_with(subject)) return true;
  const auto names = names_of(target);
  const auto name = full_name(names);
  return !name.empty() && (name == subject || name == subject + "/" + names.container);
}

/// The target that is meant: by its whole path, or by what it is called.
tl::expected<Json, StartupError> find_target(const Json& document, const std::string& subject) {
  const auto path = resolve_cgroup_path(text(document["daemon"], "mount"), subject).value_or(subject);
  std::vector<Json> found;
  for (const auto& target : document["targets"]) {
    const auto cgroup = text(target, "cgroup");
    if (cgroup == path || cgroup == utf8(path)) return target;
    if (is_called(target, subject)) found.push_back(target);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    return refuse(ExitCode::usage,
                  fmt::format("{} stands for {} containers; give more of the id, or NAMESPACE/POD/CONTAINER",
                              in_quotes(subject), found.size()));
  }
  return refuse(
      ExitCode::unavailable,
      fmt::format("{} is not among the {} cgroups that are watched below {}; `status` lists them (a "
                  "pause container never is)",
                  in_quotes(subject), document["targets"].size(), document["daemon"]["parents"].dump()));
}

Hierarchy hierarchy_of(const Json& document) {
  const auto& daemon = document["daemon"];
  return {daemon["cgroup_version"].get<int>() == 1 ? CgroupVersion::v1 : CgroupVersion::v2,
          text(daemon, "mount")};
}

std::string limit_step(const Hierarchy& hierarchy, const Json& target) {
  const auto limit = find_effective_limit(hierarchy, text(target, "cgroup"));
  const auto bytes = size(target, "effective_limit");
  if (!limit) return fmt::format("limit      {}\n", bytes);
  if (limit->cgroup.empty()) {
    return fmt::format("limit      {}, the machine's memory: no cgroup limits it further\n", bytes);
  }
  return fmt::format("limit      {}, set by {} of {}\n", bytes, limit->file, printable(limit->cgroup));
}

std::string rule_step(const Json& daemon, const Json& target) {
  if (target.at("rule").is_null()) {
    return fmt::format("rule       none matches: threshold {}, target {}, cooldown {}\n",
                       text(daemon, "threshold"), text(daemon, "target"), text(daemon, "cooldown"));
  }
  const auto place = target["rule"].get<std::size_t>() - 1;
  const auto& rules = daemon.at("rules");
  // Between a reload and its scan there may be fewer.
  if (place >= rules.size()) return fmt::format("rule       {}, before the last reload\n", place + 1);
  return fmt::format("rule       {}: {}\n", printable(text(rules[place], "name")),
                     text(rules[place], "says"));
}

/// Nothing to say where the gate is always open.
std::string gate_step(const Json& daemon) {
  if (text(daemon, "when") == "always") return {};
  return fmt::format("when       {}: the node has less, so that cgroups are looked at\n",
                     text(daemon, "when"));
}

/// How the kernel's counters become the cache that can be dropped; see MemoryInterface::reclaimable.
std::string cache_step(const Hierarchy& hierarchy, const std::string& path) {
  const auto seen = inspect(hierarchy, path);
  if (!seen) return {};
  const auto& stat = seen->stat;
  const auto lru =
      fmt::format("inactive_file {} + active_file {}", size(stat.inactive_file), size(stat.active_file));
  const auto formula =
      hierarchy.version == CgroupVersion::v1
          ? fmt::format("{} - dirty {} - writeback {}", lru, size(stat.dirty), size(stat.writeback))
          : fmt::format("min(file {} - shmem {}, {}) - file_dirty {} - file_writeback {}", size(stat.file),
                        size(stat.shmem), lru, size(stat.dirty), size(stat.writeback));
  return fmt::format("now        {} = {}\n", human(seen->reclaimable), formula);
}

std::string comparison_step(const Json& target) {
  if (target.at("reclaimable").is_null()) {
    return fmt::format("cache      not looked at: usage {} alone is below the threshold {}\n",
                       size(target, "usage"), size(target, "threshold"));
  }
  const bool over =
      target.at("reclaimable").get<std::uint64_t>() >= target.at("threshold").get<std::uint64_t>();
  return fmt::format("cache      {} can be dropped, {} the threshold {}; target {}\n",
                     size(target, "reclaimable"), over ? "at or above" : "below", size(target, "threshold"),
                     size(target, "target"));
}

std::string cooldown_text(const Json& target) {
  const auto learned = target.at("cooldown_seconds").get<double>();
  const auto configured = target.at("configured_cooldown_seconds").get<double>();
  if (learned == configured) return fmt::format("{:.4g} s", learned);
  return fmt::format("{:.4g} s as learned, {:.4g} s as configured", learned, configured);
}

std::string ledger_step(const Json& target) {
  const auto& ledger = target.at("ledger");
  if (ledger.is_null()) return "so far     never reclaimed\n";
  const auto bytes = [&](const char* key) { return human(Bytes{ledger.at(key).get<std::uint64_t>()}); };
  return fmt::format("so far     {} reclaims in {} slices and {:.4g} s: freed {} of {}, read again: {}\n",
                     ledger.at("reclaims").get<std::uint64_t>(), ledger.at("slices").get<std::uint64_t>(),
                     ledger.at("duration_seconds").get<double>(), bytes("freed"), bytes("requested"),
                     ledger.at("refaulted").is_null() ? "not counted" : bytes("refaulted"));
}

std::string pressure_step(const Json& target) {
  const auto found = target.find("pressure");
  const auto most = target.at("max_pressure").get<double>();
  if (found == target.end() || found->is_null())
    return fmt::format("pressure   not looked at (at most {:.4g} %)\n", most);
  return fmt::format("pressure   {:.4g} % of the last 10 s (at most {:.4g} %)\n", found->get<double>(), most);
}

std::string swap_step(const Json& daemon) {
  if (daemon.at("spares_anon").get<bool>()) return "swap       no: anonymous memory is spared\n";
  return fmt::format("swap       anonymous memory can't be spared ({}): {}\n",
                     text(daemon, "cannot_spare_anon"),
                     daemon.at("allow_swap").get<bool>() ? "reclaimed all the same (allow_swap)"
                                                         : "left alone where it might be swapped out");
}

/// What is only looked at where nothing stands before it.
std::string steps_of_looking(const Json& daemon, const Json& target, const Hierarchy& hierarchy) {
  const auto why = text(target, "reason");
  if (target.at("reclaimable").is_null() && (why == "ignored" || why == "in flight")) {
    return fmt::format("cache      not looked at: {}\n", text(target, "decision"));
  }
  return comparison_step(target) + cache_step(hierarchy, text(target, "cgroup")) +
         fmt::format("cooldown   {}\n", cooldown_text(target)) + pressure_step(target) + swap_step(daemon);
}

std::string identity(const Json& target) {
  std::string lines;
  if (const auto name = full_name(names_of(target)); !name.empty())
    lines += fmt::format("container  {}\n", printable(name));
  if (const auto id = text(target, "container_id"); !id.empty()) lines += fmt::format("id         {}\n", id);
  if (const auto uid = text(target, "pod_uid"); !uid.empty())
    lines += fmt::format("pod        {}, {}\n", uid, text(target, "qos"));
  return lines;
}

std::string head(const StatusDocument& document, const std::string& cgroup) {
  return fmt::format("cgroup     {}\nsource     {}\n", printable(cgroup), document.source);
}

}  // namespace

bool is_gate_closed(const Json& scan) { return !scan.is_null() && !scan.at("gate_closed").is_null(); }

std::string gate_text(const Json& scan) {
  const auto& gate = scan.at("gate_closed");
  return fmt::format("the node has {} of {} available: nothing is looked at (when)",
                     human(Bytes{gate.at("available").get<std::uint64_t>()}),
                     human(Bytes{gate.at("total").get<std::uint64_t>()}));
}

tl::expected<std::string, StartupError> explain(const StatusDocument& document, const std::string& subject) {
  const auto& json = document.json;
  const auto& daemon = json.at("daemon");
  if (is_gate_closed(json.at("scan"))) {
    return head(document, subject) + fmt::format("when       {}: {}\ndecision   not looked at\n",
                                                 text(daemon, "when"), gate_text(json.at("scan")));
  }
  const auto found = find_target(json, subject);
  if (!found) return tl::unexpected{found.error()};
  const auto& target = *found;
  const auto hierarchy = hierarchy_of(json);
  auto lines = head(document, text(target, "cgroup"));
  lines += identity(target);
  lines += gate_step(daemon) + rule_step(daemon, target);
  if (target.contains("usage")) {
    lines += limit_step(hierarchy, target) + steps_of_looking(daemon, target, hierarchy);
  }
  return lines + ledger_step(target) + fmt::format("decision   {}\n", printable(text(target, "decision")));
}

}  // namespace cmm
