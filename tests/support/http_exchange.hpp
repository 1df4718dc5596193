// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/http_server.hpp"

namespace cmm::test {

/// All that the server answers to a client that sends these bytes and then nothing more, without an address:
/// over a pair of sockets. Nothing where it hasn't ended within ten seconds.
std::optional<std::string> http_exchange(std::string_view sent, HttpServer::Handler handler);

/// True for a sequence of whole HTTP responses, each with one of the statuses that the server knows.
bool are_http_responses(std::string_view received);

}  // namespace cmm::test
