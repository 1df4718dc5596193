// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_document.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "daemon/control_client.hpp"
#include "daemon/runtime_directory.hpp"
#include "daemon/status_board.hpp"

namespace cmm {
namespace {

using Json = nlohmann::ordered_json;

tl::expected<StatusDocument, StartupError> look(Settings settings, const std::string& why) {
  settings.dry_run = true;
  const auto startup = start_up(settings);
  if (!startup) return tl::unexpected{startup.error()};
  Engine engine{startup->setup};
  StatusBoard board{settings, startup->setup};
  board.scanned(std::make_shared<const ScanReport>(engine.scan(std::chrono::steady_clock::now()).report));
  return StatusDocument{
      Json::parse(board.json()),
      why + ": looked at now, with the settings given here, and without a daemon's history"};
}

}  // namespace

ContainerNames names_of(const Json& target) {
  const auto text = [&](const char* key) { return target.at(key).get<std::string>(); };
  return {text("namespace"), text("pod"), text("container")};
}

tl::expected<StatusDocument, StartupError> status_document(Settings settings) {
  const auto answer = ask_daemon(control_socket_path(), "/api/status");
  if (!answer) return look(std::move(settings), answer.error());
  auto json = Json::parse(*answer, nullptr, false);
  if (json.is_discarded()) {
    return look(std::move(settings), "no daemon's answer came from " + control_socket_path());
  }
  auto source = fmt::format("asked the daemon with pid {}, which has last scanned at {}",
                            json["daemon"]["pid"].get<int>(),
                            json["scan"].is_null() ? "no time yet" : json["scan"]["at"].get<std::string>());
  return StatusDocument{std::move(json), std::move(source)};
}

}  // namespace cmm
