// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <tl/expected.hpp>

#include "config/settings.hpp"
#include "daemon/http_server.hpp"
#include "daemon/log_reporter.hpp"
#include "daemon/metrics.hpp"
#include "daemon/metrics_listener.hpp"
#include "daemon/options.hpp"
#include "daemon/reloader.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/served_text.hpp"
#include "daemon/service_manager.hpp"
#include "daemon/startup.hpp"
#include "daemon/status_board.hpp"
#include "daemon/status_line.hpp"

namespace cmm {

/// The daemon as it runs until it is asked to stop: the scheduler, and those who tell of it.
class Service {
 public:
  /// The settings as they are to be after a reload, or why they stay; one line. Called on another thread.
  using Reload = std::function<tl::expected<Options, std::string>()>;

  /// `startup` has to outlive it.
  Service(const Settings& settings, const Startup& startup, Reload reload);

  /// Begins to listen where the settings say so; one line says why it can't.
  tl::expected<void, std::string> open(const Settings& settings);

  /// Until SIGTERM or SIGINT; SIGHUP reloads the settings. Where something hangs in the kernel, this object
  /// can't be destroyed without waiting for it.
  Hanging run();
  /// … nor while this is so.
  [[nodiscard]] bool is_reloading() const { return reloader_.busy(); }

 private:
  SchedulerEvents events();
  void scanned(const std::shared_ptr<const ScanReport>& report);
  HttpResponse respond(std::string_view path);
  void listen_for_commands();
  void reclaimed(const ReclaimJob& job, const ReclaimOutcome& outcome);
  void stopping();
  void reload();
  void finish_reload(Reloader::Result result);
  tl::expected<void, std::string> take(const Reloaded& reloaded);

  boost::asio::io_context io_;
  EngineSetup setup_;
  Reload reload_;
  LogReporter log_;
  StatusLine status_;
  StatusBoard board_;
  Metrics metrics_;
  ServedText status_text_;
  ServedText metrics_text_;
  HttpServer control_{io_, [this](std::string_view path) { return respond(path); }};
  MetricsListener public_{io_, [this](std::string_view path) { return respond(path); }};
  ServiceManager manager_{io_};
  Reloader reloader_;
  bool ready_ = false;
  bool scan_succeeded_ = false;  // the last one
  // Last: its threads have ended before anything goes that they use.
  Scheduler scheduler_;
};

}  // namespace cmm
