// SPDX-License-Identifier: Apache-2.0
// Everything at once for a long time: cgroups that come and go, reclaims, reloads, scrapes. What the daemon
// needs doesn't grow, and all who tell what was freed say the same.
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "reliability/churn.hpp"
#include "reliability/reliability_test.hpp"
#include "reliability/trend.hpp"
#include "support/http_client.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr double kKiB = 1024;

/// The number behind a key at the beginning of a line.
double number_after(const std::string& text, const std::string& key) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key)) return std::stod(line.substr(key.size()));
  }
  throw std::runtime_error{"no " + key + " in: " + text};
}

std::string read_text(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void drop_caches_of(const TestCgroup& cgroup) {
  std::ofstream{cgroup.reclaim_file()} << cgroup.usage().count();
}

std::string status_of(pid_t pid) { return read_text(fmt::format("/proc/{}/status", pid)); }

unsigned threads_of(pid_t pid) { return static_cast<unsigned>(number_after(status_of(pid), "Threads:")); }

/// What the daemon takes of the machine.
struct Footprint {
  Trend resident, kernel, descriptors;

  void take(pid_t pid, const TestCgroup& cgroup) {
    const auto process = fmt::format("/proc/{}/", pid);
    resident.add(number_after(status_of(pid), "VmRSS:"));
    const std::filesystem::directory_iterator open{process + "fd"};
    descriptors.add(static_cast<double>(std::distance(begin(open), end(open))));
    // Names of cgroups that are gone stay in the kernel's caches until the memory is wanted for something
    // else.
    drop_caches_of(cgroup);
    kernel.add(is_v1() ? std::stod(cgroup.read("memory.kmem.usage_in_bytes")) / kKiB
                       : number_after(cgroup.read("memory.stat"), "kernel ") / kKiB);
  }
};

class Soak : public KernelTest {
 protected:
  static constexpr unsigned kContainers = 3;
  /// Of main, of the scans, of two reclaims at a time. On a busy machine others come and go for seconds, in
  /// place of those that the kernel holds; one that were never to go would still be there when all is quiet.
  static constexpr unsigned kThreads = 4;

  [[nodiscard]] TestCgroup container(unsigned number) const {
    return make(fmt::format("pods/cri-containerd-{:064x}.scope", number));
  }
  /// The same settings in two spellings, so that each reload has something to take in.
  [[nodiscard]] std::string settings(bool other) const {
    return config(
        fmt::format("parent: {}\nthreshold: {}\ntarget: 6MiB\ninterval: 100ms\ncooldown: {}\n"
                    "budget_cpu: 60s\nmetrics: {{listen: \"127.0.0.1:0\"}}\n",
                    make("pods").path(), other ? "8MiB" : "9MiB", other ? "200ms" : "100ms"));
  }

  DataDirectory directory_;
};

std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

std::uint64_t freed_by_status(std::uint16_t port) {
  const auto status = nlohmann::json::parse(body(get(port, "/api/status")));
  std::uint64_t freed = 0;
  for (const auto& row : status.at("targets")) {
    if (!row.at("ledger").is_null()) freed += row.at("ledger").at("freed").get<std::uint64_t>();
  }
  return freed;
}

TEST_F(Soak, GrowsNothingAndAccountsForEveryReclaim) {
  make("pods");
  const auto home = make("daemon");
  std::vector<std::unique_ptr<DataFile>> files;
  for (unsigned i = 0; i < kContainers; ++i) {
    files.push_back(std::make_unique<DataFile>(directory_, fmt::format("data{}", i), MiB(32)));
    // All are due at the first scan, so that the second thread for reclaims is there from then on.
    fill_clean(container(i), *files.back());
  }
  Daemon daemon{{"--config", settings(false)}, runtime_directory()};
  home.write("cgroup.procs", std::to_string(daemon.pid()));
  const auto port = daemon.wait_for_metrics_port();
  ASSERT_NE(port, 0) << end_of(daemon.log());

  const auto length = soak_time();
  const auto start = Clock::now();
  std::optional<Churn> churn{std::in_place, make("pods"), 20ms};
  Footprint footprint;
  unsigned turn = 0;
  while (Clock::now() - start < length) {
    const auto next = Clock::now() + 250ms;
    fill_clean(container(turn % kContainers), *files[turn % kContainers]);
    if (turn % 8 == 0) {
      static_cast<void>(settings(turn % 16 == 0));
      daemon.send_signal(SIGHUP);
    }
    if (turn % 2 == 1) {
      ASSERT_FALSE(body(get(port, turn % 4 == 1 ? "/metrics" : "/api/status")).empty());
    }
    if (turn % 8 == 6) footprint.take(daemon.pid(), home);
    ++turn;
    ASSERT_FALSE(
        daemon.wait_for_end(std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now())))
        << "it ended after " << (Clock::now() - start) / 1s << " s\n"
        << end_of(daemon.log());
  }
  const auto churned = churn->count();
  churn.reset();

  // Quiet: what is over the threshold is brought down, and a scan has taken that in. On a busy machine the
  // parent may rest for seconds, where a look at it seemed to hang.
  ASSERT_TRUE(daemon.wait_for_scans(20));
  const auto lines = parse_reclaims(daemon.log());
  const auto in_log = std::accumulate(lines.begin(), lines.end(), std::uint64_t{0},
                                      [](auto sum, const auto& line) { return sum + line.freed.count(); });
  std::uint64_t in_status = 0;
  daemon.wait_until([&] { return (in_status = freed_by_status(port)) == in_log; });
  unsigned threads = 0;
  daemon.wait_until([&] { return (threads = threads_of(daemon.pid())) <= kThreads; });
  const auto in_metrics = static_cast<std::uint64_t>(
      number_after(body(get(port, "/metrics")), "cgroup_memory_manager_freed_bytes_total "));

  print_figure(
      fmt::format("soak of {} s", length.count()),
      fmt::format("log = {}, metrics = {}, status = {} bytes freed in {} reclaims; {} cgroups came and went, "
                  "{} reloads",
                  in_log, in_metrics, in_status, lines.size(), churned, (turn + 7) / 8));
  print_figure(
      "… growth over that time",
      fmt::format(
          "resident {:+.1f} KiB, kernel memory {:+.1f} KiB, descriptors {:+.2f}; {} threads when quiet",
          footprint.resident.growth(), footprint.kernel.growth(), footprint.descriptors.growth(), threads));
  EXPECT_GT(lines.size(), kContainers);
  EXPECT_EQ(in_metrics, in_log);
  EXPECT_EQ(in_status, in_log);
  constexpr double kBar = 512;  // KiB; the samples themselves jump by some tens
  EXPECT_LT(footprint.resident.growth(), kBar);
  EXPECT_LT(footprint.kernel.growth(), kBar);
  EXPECT_LT(footprint.descriptors.growth(), 1);
  EXPECT_EQ(threads, kThreads);
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

}  // namespace
}  // namespace cmm::test
