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

std::string text(const Json& object, const char* key) { return object[key].get<std::string>(); }

std::string size(Bytes bytes) { return fmt::format("{} ({})", bytes.count(), human(bytes)); }
std::string size(const Json& object, const char* key) {
  return size(Bytes{object[key].get<std::uint64_t>()});
}
std::string size(const std::optional<Bytes>& bytes) { return bytes ? human(*bytes) : "not counted"; }

tl::unexpected<StartupError> refuse(ExitCode code, std::string message) {
  return tl::unexpected{StartupError{code, std::move(message)}};
}

/// The target that is meant: by its whole path, or by a container id that begins so.
tl::expected<Json, StartupError> find_target(const Json& document, const std::string& subject) {
  const auto path = resolve_cgroup_path(text(document["daemon"], "mount"), subject).value_or(subject);
  std::vector<Json> found;
  for (const auto& target : document["targets"]) {
    if (text(target, "cgroup") == path) return target;
    if (subject.size() >= kShortestId && text(target, "container").starts_with(subject))
      found.push_back(target);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    return refuse(ExitCode::usage,
                  fmt::format("{} containers have an id that begins with {}; give more of it", found.size(),
                              in_quotes(subject)));
  }
  return refuse(
      ExitCode::unavailable,
      fmt::format("{} is not among the {} cgroups that are watched below {}; `status` lists them",
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
  return fmt::format("limit      {}, set by {} of {}\n", bytes, limit->file, limit->cgroup);
}

std::string rule_step(const Json& daemon, const Json& target) {
  if (target["rule"].is_null()) {
    return fmt::format("rule       none matches: threshold {}, target {}, cooldown {}\n",
                       text(daemon, "threshold"), text(daemon, "target"), text(daemon, "cooldown"));
  }
  const auto place = target["rule"].get<std::size_t>() - 1;
  return fmt::format("rule       {}\n", daemon["rules"][place].get<std::string>());
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
  if (target["reclaimable"].is_null()) {
    return fmt::format("cache      not looked at: usage {} alone is below the threshold {}\n",
                       size(target, "usage"), size(target, "threshold"));
  }
  const bool over = target["reclaimable"].get<std::uint64_t>() >= target["threshold"].get<std::uint64_t>();
  return fmt::format("cache      {} can be dropped, {} the threshold {}; target {}\n",
                     size(target, "reclaimable"), over ? "at or above" : "below", size(target, "threshold"),
                     size(target, "target"));
}

std::string cooldown_step(const Json& target) {
  const auto& ledger = target["ledger"];
  auto line = fmt::format("cooldown   {:.4g} s", target["cooldown_seconds"].get<double>());
  if (ledger.is_null()) return line + "; never reclaimed so far\n";
  line += fmt::format("; {} reclaims so far, freed {}", ledger["reclaims"].get<std::uint64_t>(),
                      human(Bytes{ledger["freed"].get<std::uint64_t>()}));
  if (!ledger["refaulted"].is_null()) {
    line += fmt::format(", {} of it read again", human(Bytes{ledger["refaulted"].get<std::uint64_t>()}));
  }
  return line + '\n';
}

std::string pressure_step(const Json& daemon, const Json& target) {
  const auto found = target.find("pressure");
  const auto most = daemon["max_pressure"].get<double>();
  if (found == target.end() || found->is_null())
    return fmt::format("pressure   not looked at (at most {:.4g} %)\n", most);
  return fmt::format("pressure   {:.4g} % of the last 10 s (at most {:.4g} %)\n", found->get<double>(), most);
}

}  // namespace

tl::expected<std::string, StartupError> explain(const StatusDocument& document, const std::string& subject) {
  const auto& json = document.json;
  const auto& daemon = json["daemon"];
  const auto found = find_target(json, subject);
  if (!found) return tl::unexpected{found.error()};
  const auto& target = *found;
  const auto path = text(target, "cgroup");
  const auto hierarchy = hierarchy_of(json);
  auto lines = fmt::format("cgroup     {}\n", printable(path));
  if (!text(target, "container").empty()) lines += fmt::format("container  {}\n", text(target, "container"));
  lines += fmt::format("source     {}\n", document.source);
  lines += rule_step(daemon, target);
  if (target.contains("usage")) {
    lines += limit_step(hierarchy, target) + comparison_step(target) + cache_step(hierarchy, path);
    lines += cooldown_step(target) + pressure_step(daemon, target);
  }
  return lines + fmt::format("decision   {}\n", text(target, "decision"));
}

}  // namespace cmm
