// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_document.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "config/text.hpp"
#include "daemon/control_client.hpp"
#include "daemon/runtime_directory.hpp"
#include "daemon/status_board.hpp"

namespace cmm {
namespace {

tl::unexpected<std::string> not_understood(const std::string& what) {
  return tl::unexpected{fmt::format(
      "the daemon answered with a status that can't be understood: {}; is it of another version?", what)};
}

StartupError failure(std::string message) { return {ExitCode::failure, std::move(message)}; }

tl::expected<StatusDocument, StartupError> look(Settings settings, const std::string& why) {
  settings.dry_run = true;
  const auto startup = start_up(settings);
  if (!startup) return tl::unexpected{startup.error()};
  Engine engine{startup->setup};
  StatusBoard board{settings, startup->setup};
  board.scanned(std::make_shared<const ScanReport>(engine.scan(std::chrono::steady_clock::now()).report));
  auto document = understand(board.json()).map_error(failure);
  if (document) {
    document->source = why + ": looked at now, with the settings given here, and without a daemon's history";
  }
  return document;
}

}  // namespace

tl::expected<StatusDocument, std::string> understand(std::string_view answer) {
  auto json = parse_json(answer);
  if (!json) return not_understood("it is no JSON of a sensible form");
  auto status = read_status(*json);
  if (!status) return not_understood(status.error());
  auto source = fmt::format("asked the daemon with pid {}, which has last scanned at {}", status->daemon.pid,
                            status->scan ? printable(status->scan->at) : "no time yet");
  return StatusDocument{*std::move(json), *std::move(status), std::move(source)};
}

tl::expected<StatusDocument, StartupError> status_document(Settings settings) {
  const auto answer = ask_daemon(control_socket_path(), "/api/status");
  if (!answer) return look(std::move(settings), answer.error());
  return understand(*answer).map_error(failure);
}

}  // namespace cmm
