// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <list>
#include <memory>
#include <system_error>

#include "support/full_cgroup_test.hpp"
#include "support/http_client.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A daemon that serves metrics on a port of its own.
class Http : public FullCgroupTest {
 protected:
  Http() : FullCgroupTest(container_scope('a')) {}

  Daemon& serve(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--threshold", "64MiB", "--interval", "200ms"});
    if (std::ranges::find(options, "--metrics") == options.end()) {
      options.insert(options.end(), {"--metrics", "listen=127.0.0.1:0"});
    }
    daemon_.reset(new Daemon(watch(std::move(options))));  // it can't be moved into make_unique
    port_ = daemon_->wait_for_metrics_port();
    EXPECT_NE(port_, 0) << daemon_->log();
    return *daemon_;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string get(const std::string& path) const { return test::get(port_, path); }

 private:
  std::unique_ptr<Daemon> daemon_;
  std::uint16_t port_ = 0;
};

TEST_F(Http, MetricsTellOfTheCgroupAndOfItsReclaim) {
  auto& daemon = serve();
  ASSERT_TRUE(daemon.wait_for_reclaim(app())) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_scans(1));
  const auto freed = daemon.reclaims_of(app()).front().freed.count();
  const auto metrics = get("/metrics");
  EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200 OK\r\n"));
  const auto labels = "{cgroup=\"" + app().path() + "\",container_id=\"" + container_id_of('a') + "\"";
  EXPECT_THAT(metrics, HasSubstr("cgroup_memory_manager_cgroup_threshold_bytes" + labels + "} 67108864\n"));
  EXPECT_THAT(metrics, HasSubstr("cgroup_memory_manager_cgroup_reclaims_total" + labels +
                                 ",outcome=\"target_reached\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("cgroup_memory_manager_freed_bytes_total " + std::to_string(freed) + "\n"));
  EXPECT_THAT(metrics, HasSubstr("cgroup_memory_manager_targets 1\n"));
}

TEST_F(Http, SeriesOfARemovedCgroupGoAway) {
  auto& daemon = serve();
  const auto gone = make(container_scope('b'));
  ASSERT_TRUE(eventually([&] { return get("/metrics").find(gone.path()) != std::string::npos; }));
  ASSERT_TRUE(gone.remove());
  ASSERT_TRUE(daemon.wait_for_scans(1));
  // For a second all get what the first has asked for.
  EXPECT_TRUE(eventually([&] { return get("/metrics").find(gone.path()) == std::string::npos; }));
  EXPECT_THAT(get("/metrics"), HasSubstr(app().path()));
}

TEST_F(Http, CgroupsBeyondTheCapHaveNoSeriesAndAreCounted) {
  const auto empty = make(container_scope('b'));
  auto& daemon = serve({"--metrics", "listen=127.0.0.1:0,cgroups=1", "--dry-run"});
  ASSERT_TRUE(daemon.wait_for_scans(1));
  EXPECT_THAT(get("/metrics"), AllOf(HasSubstr("cgroup_memory_manager_cgroups_without_series 1\n"),
                                     HasSubstr(app().path()), Not(HasSubstr(empty.path()))));
}

TEST_F(Http, IsNotReadyWhenTheParentIsGone) {
  const auto parent = make("parent");
  auto daemon = watch({"--interval", "200ms", "--metrics", "listen=127.0.0.1:0", "--parent", parent.path()});
  ASSERT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  const auto port = daemon.wait_for_metrics_port();
  EXPECT_THAT(test::get(port, "/readyz"), StartsWith("HTTP/1.1 200"));
  ASSERT_TRUE(parent.remove());
  EXPECT_TRUE(eventually([&] { return test::get(port, "/readyz").starts_with("HTTP/1.1 503"); }));
}

TEST_F(Http, ReadyOnceAScanHasSucceeded) {
  auto& daemon = serve();
  ASSERT_TRUE(daemon.wait_for_scans(1));
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http, ThePageAllowsNothingFromOutside) {
  serve();
  const auto page = get("/");
  EXPECT_THAT(page,
              AllOf(HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'nonce-"),
                    HasSubstr("<!doctype html>"), Not(HasSubstr("@NONCE@")), Not(HasSubstr("src=\"http"))));
}

TEST_F(Http, WhatIsNoRequestIsRefused) {
  serve();
  EXPECT_THAT(get("/etc/passwd"), StartsWith("HTTP/1.1 404"));
  const auto answer_to = [&](const std::string& bytes) {
    const Connection connection{port()};
    connection.send(bytes);
    return connection.receive();
  };
  EXPECT_THAT(answer_to("rubbish\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer_to("DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nHost: evil.example:9753\r\n\r\n"),
              StartsWith("HTTP/1.1 421"))
      << "which stands for 127.0.0.1 in the DNS of who made a browser ask";
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

// Each that says nothing holds a place until the server's patience ends; scans don't notice.
TEST_F(Http, ManySilentClientsDelayNoScanAndAreSentAway) {
  auto& daemon = serve();
  std::list<Connection> silent;
  // As many as an emulated machine can connect before the first is sent away.
  for (int i = 0; i < (in_vm() ? 300 : 1000); ++i) silent.emplace_back(port());
  ASSERT_TRUE(daemon.wait_for_scans(3)) << daemon.log();
  EXPECT_TRUE(silent.front().is_open()) << "the scans came only after it was sent away";
  using Files = std::filesystem::directory_iterator;
  const Files files{"/proc/" + std::to_string(daemon.pid()) + "/fd"};
  EXPECT_LT(std::distance(begin(files), end(files)), 300);
  EXPECT_TRUE(eventually([&] {
    try {
      return get("/healthz").starts_with("HTTP/1.1 200");
    } catch (const std::system_error&) {
      return false;
    }
  })) << "after their time is over";
}

TEST_F(Http, AReloadMovesItToAnotherAddressOrSwitchesItOff) {
  const auto socket = DataDirectory{};
  auto daemon = watch({"--interval", "200ms", "--config", config("metrics: {listen: \"127.0.0.1:0\"}\n")});
  ASSERT_NE(daemon.wait_for_metrics_port(), 0) << daemon.log();
  static_cast<void>(config("metrics: {listen: " + socket.path() + "/m.sock}\n"));
  daemon.send_signal(SIGHUP);
  EXPECT_TRUE(daemon.wait_for_log("metrics and a page at " + socket.path())) << daemon.log();
  static_cast<void>(config("metrics: {listen: nowhere}\n"));
  daemon.send_signal(SIGHUP);
  EXPECT_TRUE(daemon.wait_for_log("no address to listen at")) << daemon.log();
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Http, SwitchedOffByAReloadItSendsItsClientsAway) {
  auto daemon = watch({"--interval", "200ms", "--config", config("metrics: {listen: \"127.0.0.1:0\"}\n")});
  const auto port = daemon.wait_for_metrics_port();
  ASSERT_NE(port, 0) << daemon.log();
  const Connection kept{port};
  kept.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  static_cast<void>(config("metrics: off\n"));
  daemon.send_signal(SIGHUP);
  ASSERT_TRUE(daemon.wait_for_log("info reloaded")) << daemon.log();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(kept.receive(), HasSubstr("200 OK"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s) << "it was sent away only when it said nothing";
}

class Status : public KernelTest {
 protected:
  [[nodiscard]] Finished ask(std::vector<std::string> words) const {
    return run_daemon(std::move(words), runtime_directory());
  }
};

TEST_F(Status, AsksTheDaemonThatRunsAndSaysSo) {
  const auto app = make(container_scope('a'));
  auto daemon = watch({"--threshold", "32MiB"});
  ASSERT_TRUE(daemon.wait_for_log("scanned targets=")) << daemon.log();
  const auto status = ask({"status"});
  EXPECT_EQ(status.status, ExitStatus{0}) << status.err;
  EXPECT_THAT(status.out, AllOf(HasSubstr(app.path()), HasSubstr("32.0 MiB"),
                                HasSubstr("asked the daemon with pid " + std::to_string(daemon.pid()))));
  EXPECT_THAT(
      ask({"explain", container_id_of('a').substr(0, 12)}).out,
      AllOf(HasSubstr("id         " + container_id_of('a')), HasSubstr("decision   below threshold")));
}

TEST_F(Status, LooksByItselfWhereNoDaemonRunsAndSaysSo) {
  const auto app = make("app");
  app.limit_memory(MiB(256));
  const auto data = file("data", MiB(100));
  fill_clean(app, data);
  const auto explained = ask({"explain", app.path(), "--parent", top().path()});
  EXPECT_EQ(explained.status, ExitStatus{0}) << explained.err;
  EXPECT_THAT(explained.out,
              AllOf(HasSubstr("no daemon answers"), HasSubstr("268435456 (256.0 MiB), set by "),
                    HasSubstr("at or above the threshold 67108864"), HasSubstr("decision   free ")));
  EXPECT_GE(data.resident(), nearly(MiB(100))) << "it was to change nothing";
}

TEST_F(Status, SaysThatTheGateIsClosed) {
  make("app");
  auto daemon = watch({"--when", "node_available_below=1%"});
  ASSERT_TRUE(daemon.wait_for_log("gate_closed")) << daemon.log();
  EXPECT_THAT(ask({"status"}).out, HasSubstr("available: nothing is looked at (when)"));
  const auto explained = ask({"explain", "app"});
  EXPECT_EQ(explained.status, ExitStatus{0}) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("available: nothing is looked at (when)"));
}

TEST_F(Status, RefusesACgroupThatIsNotWatched) {
  make("app");
  const auto explained = ask({"explain", "nowhere", "--parent", top().path()});
  EXPECT_EQ(explained.status, ExitStatus{69});
  EXPECT_THAT(explained.err, HasSubstr("\"nowhere\" is not among the 1 cgroups that are watched"));
}

}  // namespace
}  // namespace cmm::test
