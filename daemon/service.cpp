// SPDX-License-Identifier: Apache-2.0
#include "daemon/service.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include "daemon/log.hpp"
#include "daemon/log_events.hpp"
#include "daemon/page.hpp"
#include "daemon/runtime_directory.hpp"
#include "daemon/scan_success.hpp"

namespace cmm {
namespace {

using Clock = std::chrono::steady_clock;

// However many ask: what they get is made once in this time.
constexpr auto kKeepText = std::chrono::seconds{1};
// Reading a file and opening some takes milliseconds.
constexpr auto kReloadPatience = std::chrono::seconds{5};

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
      status_text_(io_, kKeepText, [this] { return board_.json(); }),
      metrics_text_(io_, kKeepText, [this] { return metrics_.text(); }),
      reloader_(io_, kReloadPatience, [this](Reloader::Result result) { finish_reload(std::move(result)); }),
      scheduler_(io_, startup.setup, startup.reclaimer.get(), events()) {
  log_.starting(settings, startup);
}

tl::expected<void, std::string> Service::open(const Settings& settings) {
  // A dry run leaves nothing behind, and answers to nobody who means the daemon that reclaims.
  if (!settings.dry_run) listen_for_commands();
  return public_.change(settings.metrics);
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
  return both(log_events(log_),
              {.scanned = [this](const auto& report) { scanned(report); },
               .reclaimed = [this](const auto& job, const auto& outcome) { reclaimed(job, outcome); },
               .overran = {},
               .scan_hangs = [this](const auto&) { metrics_.scan_hung(); },
               .scan_came_back = {},
               .reclaim_hangs =
                   [this](const auto&) {
                     metrics_.reclaim_hung();
                     metrics_.stuck(scheduler_.hanging_reclaims());
                   },
               .reload_asked = [this] { reload(); },
               .stopping = [this] { stopping(); }});
}

void Service::scanned(const std::shared_ptr<const ScanReport>& report) {
  scan_succeeded_ = has_succeeded(*report, setup_);
  status_.scanned(*report);
  board_.scanned(report);
  metrics_.stuck(scheduler_.hanging_reclaims());
  metrics_.scanned(report, scan_succeeded_);
  manager_.status(status_.text());
  // Only now is it known to work.
  if (!std::exchange(ready_, true)) manager_.ready();
}

void Service::reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome) {
  status_.reclaimed(outcome);
  board_.reclaimed(job, outcome);
  metrics_.stuck(scheduler_.hanging_reclaims());
  metrics_.reclaimed(job, outcome);
  // systemd is told with the next scan: there may be thousands of reclaims, and its queue takes ten
  // datagrams, of which the others have to get through.
}

void Service::stopping() {
  manager_.stopping();
  control_.close();
  public_.close();
}

void Service::reload() {
  manager_.reloading();
  reloader_.begin([read_again = reload_, present = setup_]() -> Reloader::Result {
    auto options = read_again();
    if (!options) return tl::unexpected{options.error()};
    auto setup = changed_setup(present, options->settings);
    if (!setup) return tl::unexpected{with_place(*options, setup.error().message)};
    return Reloaded{*std::move(options), *std::move(setup)};
  });
}

void Service::finish_reload(Reloader::Result result) {
  const auto taken = result.and_then([this](const Reloaded& reloaded) { return take(reloaded); });
  const auto error = taken ? std::string{} : taken.error();
  if (taken) {
    log_.reloaded();
  } else {
    log_.reload_failed(error);
  }
  status_.reloaded(error);
  board_.reloaded(error);
  metrics_.reloaded(taken.has_value());
  manager_.status(status_.text());
  manager_.reloaded();
}

// All or nothing: what can't be taken whole changes nothing.
tl::expected<void, std::string> Service::take(const Reloaded& reloaded) {
  const auto& settings = reloaded.options.settings;
  // The last thing that can fail.
  if (const auto listening = public_.change(settings.metrics); !listening) {
    return tl::unexpected{with_place(reloaded.options, listening.error())};
  }
  setup_ = reloaded.setup;
  log_.change(settings);
  status_.change(setup_.parents);
  board_.change(settings, setup_);
  metrics_.change(settings.metrics.cgroups);
  scheduler_.change(setup_);
  return {};
}

HttpResponse Service::respond(std::string_view path) {
  if (path == "/") return page();
  if (path == "/api/status") return {.content_type = "application/json", .body = status_text_.get()};
  if (path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text_.get()};
  }
  if (path == "/healthz") return text_response(200, "ok\n");
  if (path == "/readyz") {
    const bool ready = scan_succeeded_ && scheduler_.gets_on(Clock::now());
    return ready ? text_response(200, "ok\n") : text_response(503, "no scan has succeeded lately\n");
  }
  return text_response(404, "not here; there are /, /metrics, /api/status, /healthz and /readyz\n");
}

}  // namespace cmm
