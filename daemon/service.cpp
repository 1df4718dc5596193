// SPDX-License-Identifier: Apache-2.0
#include "daemon/service.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include "daemon/log.hpp"
#include "daemon/page.hpp"
#include "daemon/runtime_directory.hpp"

namespace cmm {
namespace {

using Clock = std::chrono::steady_clock;

HttpResponse text_response(unsigned status, const char* text) {
  return {.status = status, .body = std::make_shared<const std::string>(text)};
}

}  // namespace

Service::Service(const Settings& settings, const Startup& startup, Reload reload)
    : setup_(startup.setup),
      reload_(std::move(reload)),
      log_(settings),
      status_(startup.setup.parents),
      board_(settings, startup.setup),
      metrics_(settings.metrics.cgroups),
      scheduler_(io_, startup.setup, startup.reclaimer.get(), events()) {
  log_.starting(settings, startup);
}

tl::expected<void, std::string> Service::open(const Settings& settings) {
  // A dry run leaves nothing behind, and answers to nobody who means the daemon that reclaims.
  if (!settings.dry_run) listen_for_commands();
  return listen_for_metrics(settings.metrics);
}

// Not worth ending for: everything but `status` and `explain` works without.
void Service::listen_for_commands() {
  std::error_code ignored;  // listening says why it doesn't work
  std::filesystem::create_directories(runtime_directory(), ignored);
  const auto control = control_.listen({.path = control_socket_path(), .host = {}, .port = 0});
  if (!control) log_event(LogLevel::info, "no_control_socket", {}, control.error());
}

Hanging Service::run() {
  manager_.feed_watchdog([this] { return scheduler_.gets_on(Clock::now()); });
  return scheduler_.run(false);
}

SchedulerEvents Service::events() {
  return {.scanned = [this](const auto& report) { scanned(report); },
          .reclaimed = [this](const auto& job, const auto& outcome) { reclaimed(job, outcome); },
          .overran = [this](Duration took, Duration due_after) { log_.overran(took, due_after); },
          .scan_hangs =
              [this](const auto& cgroup) {
                log_.scan_hangs(cgroup);
                metrics_.scan_hung();
              },
          .scan_came_back = [this](const auto& cgroup, Duration hung) { log_.scan_came_back(cgroup, hung); },
          .reclaim_hangs =
              [this](const auto& cgroup) {
                log_.reclaim_hangs(cgroup);
                metrics_.reclaim_hung();
                metrics_.stuck(scheduler_.hanging_reclaims());
              },
          .reload_asked = [this] { reload(); },
          .stopping = [this] { stopping(); }};
}

void Service::scanned(const std::shared_ptr<const ScanReport>& report) {
  log_.scanned(*report);
  status_.scanned(*report);
  board_.scanned(report);
  metrics_.stuck(scheduler_.hanging_reclaims());
  metrics_.scanned(report);
  manager_.status(status_.text());
  // Only now is it known to work.
  if (!std::exchange(ready_, true)) manager_.ready();
}

void Service::reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  log_.reclaimed(job, outcome);
  status_.reclaimed(outcome);
  board_.reclaimed(job, outcome);
  metrics_.stuck(scheduler_.hanging_reclaims());
  metrics_.reclaimed(job, outcome);
  manager_.status(status_.text());
}

void Service::stopping() {
  manager_.stopping();
  control_.close();
  public_.reset();
}

// All or nothing: what can't be taken whole changes nothing.
void Service::reload() {
  manager_.reloading();
  const auto taken = reload_().and_then([this](const Settings& settings) { return take(settings); });
  if (taken) {
    log_.reloaded();
  } else {
    log_.reload_failed(taken.error());
  }
  const auto error = taken ? std::string{} : taken.error();
  status_.reloaded(error);
  board_.reloaded(error);
  metrics_.reloaded(taken.has_value());
  manager_.status(status_.text());
  manager_.ready();
}

tl::expected<void, std::string> Service::take(const Settings& settings) {
  auto setup = changed_setup(setup_, settings);
  if (!setup) return tl::unexpected{setup.error().message};
  // The last thing that can fail.
  if (auto listening = listen_for_metrics(settings.metrics); !listening) return listening;
  setup_ = *std::move(setup);
  log_.change(settings);
  status_.change(setup_.parents);
  board_.change(settings, setup_);
  metrics_.change(settings.metrics.cgroups);
  scheduler_.change(setup_);
  return {};
}

tl::expected<void, std::string> Service::listen_for_metrics(const MetricsSettings& metrics) {
  if (metrics.listen == public_address_) return {};
  if (metrics.listen.empty()) {
    public_.reset();
    public_address_.clear();
    return {};
  }
  auto server = std::make_unique<HttpServer>(io_, [this](std::string_view path) { return respond(path); });
  const auto address = parse_listen_address(metrics.listen);
  const auto listening = address.and_then([&](const ListenAddress& at) { return server->listen(at); });
  if (!listening) return tl::unexpected{"metrics: " + listening.error()};
  log_event(LogLevel::info, "listening", {}, "metrics and a page at " + *listening);
  public_ = std::move(server);
  public_address_ = metrics.listen;
  return {};
}

HttpResponse Service::respond(std::string_view path) {
  if (path == "/") return page();
  if (path == "/api/status") return {.content_type = "application/json", .body = board_.json()};
  if (path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()};
  }
  if (path == "/healthz") return text_response(200, "ok\n");
  if (path == "/readyz") {
    const bool ready = ready_ && scheduler_.gets_on(Clock::now());
    return ready ? text_response(200, "ok\n") : text_response(503, "no scan has succeeded lately\n");
  }
  return text_response(404, "not here; there are /, /metrics, /api/status, /healthz and /readyz\n");
}

}  // namespace cmm
