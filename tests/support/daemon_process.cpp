// SPDX-License-Identifier: Apache-2.0
#include "support/daemon_process.hpp"

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "support/patience.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr auto kPatience = 60s;  // a busy machine may be slow; what is broken never comes

Command command(std::vector<std::string> options, const std::string& runtime_directory,
                std::function<bool()> before_exec = {}) {
  options.insert(options.begin(), daemon_program());
  return {.command = std::move(options),
          .environment = {"RUNTIME_DIRECTORY=" + runtime_directory, "TZ=UTC"},
          .before_exec = std::move(before_exec)};
}

std::vector<std::string> with_debug(std::vector<std::string> options) {
  options.insert(options.end(), {"--log-level", "debug"});
  return options;
}

/// The text between `start` and the next `end`.
std::string between(const std::string& line, const std::string& start, char end) {
  const auto found = line.find(start);
  if (found == std::string::npos) throw std::runtime_error{"no \"" + start + "\" in: " + line};
  const auto from = found + start.size();
  return line.substr(from, line.find(end, from) - from);
}

std::string field(const std::string& line, const std::string& key) {
  return between(line, " " + key + "=", ' ');
}

/// A word, or words in quotes.
std::string words(const std::string& line, const std::string& key) {
  const auto quoted = " " + key + "=\"";
  return line.find(quoted) == std::string::npos ? field(line, key) : between(line, quoted, '"');
}

Bytes bytes(const std::string& line, const std::string& key) { return Bytes{std::stoull(field(line, key))}; }

/// "12.5ms" or "1.25s"
Milliseconds duration(const std::string& line) {
  const auto text = between(line, " duration=", 's');
  const auto number = std::stod(text);
  return Milliseconds{text.ends_with('m') ? number : 1000 * number};
}

/// "2025-01-31T12:34:56.789+00:00"
Milliseconds wall_clock(const std::string& line) {
  std::tm time{};
  int milliseconds = 0;
  if (std::sscanf(line.c_str(), "%d-%d-%dT%d:%d:%d.%d", &time.tm_year, &time.tm_mon, &time.tm_mday,
                  &time.tm_hour, &time.tm_min, &time.tm_sec, &milliseconds) != 7) {
    throw std::runtime_error{"no time in: " + line};
  }
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  return std::chrono::seconds{::timegm(&time)} + Milliseconds{milliseconds};
}

ReclaimLine parse_reclaim(const std::string& line) {
  return {.cgroup = field(line, "cgroup"),
          .container = line.find(" container_id=") == std::string::npos ? "" : field(line, "container_id"),
          .outcome = words(line, "outcome"),
          .requested = bytes(line, "requested"),
          .freed = bytes(line, "freed"),
          .cache_before = bytes(line, "cache_before"),
          .cache_after = bytes(line, "cache_after"),
          .target = bytes(line, "target"),
          .slices = static_cast<unsigned>(std::stoul(field(line, "slices"))),
          .started_at = wall_clock(line) - duration(line)};
}

}  // namespace

std::vector<ReclaimLine> parse_reclaims(std::string_view log) {
  std::vector<ReclaimLine> lines;
  for (auto end = log.find('\n'); end != std::string_view::npos; end = log.find('\n')) {
    const std::string line{log.substr(0, end)};
    log.remove_prefix(end + 1);
    if (line.find(" reclaimed cgroup=") != std::string::npos) lines.push_back(parse_reclaim(line));
  }
  return lines;
}

std::string daemon_program() {
  const char* given = std::getenv("CMM_DAEMON");
  return given == nullptr || *given == '\0' ? CMM_DAEMON : given;
}

Daemon::Daemon(std::vector<std::string> options, const std::string& runtime_directory)
    : process_(command(with_debug(std::move(options)), runtime_directory)) {}

Daemon::Daemon(std::vector<std::string> options, const std::string& runtime_directory,
               std::function<bool()> before_exec)
    : process_(command(with_debug(std::move(options)), runtime_directory, std::move(before_exec))) {}

Daemon::Daemon(std::vector<std::string> options, const std::string& runtime_directory, FaultInjector& faults)
    : Daemon(std::move(options), runtime_directory, [&faults] { return faults.install(); }) {
  faults.answer();
}

bool Daemon::wait_until(const std::function<bool()>& is_so) {
  const Patience patience{kPatience};
  while (!is_so()) {
    if (process_.wait(patience.pause())) return is_so();
    if (patience.is_over()) return false;
  }
  return true;
}

bool Daemon::wait_until_log(const std::function<bool()>& says_so) {
  return process_.wait_until_output(says_so, kPatience);
}

bool Daemon::wait_for_log(std::string_view text) { return process_.wait_for_output(text, kPatience); }

std::optional<ReclaimLine> Daemon::wait_for_reclaim(const TestCgroup& cgroup, std::size_t nth) {
  std::vector<ReclaimLine> lines;
  wait_until_log([&] { return (lines = reclaims_of(cgroup)).size() >= nth; });
  if (lines.size() < nth) return std::nullopt;
  return lines[nth - 1];
}

std::vector<ReclaimLine> Daemon::reclaims_of(const TestCgroup& cgroup) const {
  auto lines = parse_reclaims(log());
  std::erase_if(lines, [&](const ReclaimLine& line) { return line.cgroup != cgroup.path(); });
  return lines;
}

std::size_t Daemon::scans() const {
  std::size_t count = 0;
  for (auto at = log().find("scanned targets="); at != std::string::npos;
       at = log().find("scanned targets=", at + 1)) {
    ++count;
  }
  return count;
}

bool Daemon::wait_for_scans(std::size_t count) {
  process_.wait(0ms);
  // The one that may be going on now began before the call.
  const auto enough = scans() + count + 1;
  return wait_until_log([&] { return scans() >= enough; });
}

std::uint16_t Daemon::wait_for_metrics_port() {
  constexpr std::string_view kAt = "metrics and a page at 127.0.0.1:";
  if (!wait_for_log(kAt)) return 0;
  return static_cast<std::uint16_t>(std::stoi(log().substr(log().rfind(kAt) + kAt.size())));
}

std::optional<ExitStatus> Daemon::wait_for_end(std::chrono::milliseconds timeout) {
  return process_.wait(timeout);
}

std::optional<ExitStatus> Daemon::stop() {
  send_signal(SIGTERM);
  return wait_for_end();
}

Finished run_daemon(std::vector<std::string> options, const std::string& runtime_directory) {
  return run(command(std::move(options), runtime_directory), kPatience);
}

Finished run_daemon(std::vector<std::string> options, const std::string& runtime_directory,
                    FaultInjector& faults) {
  Process process{command(std::move(options), runtime_directory, [&faults] { return faults.install(); })};
  faults.answer();
  const auto status = process.wait(kPatience);
  return {status.value_or(ExitStatus{}), process.out(), process.err(), !status};
}

}  // namespace cmm::test
