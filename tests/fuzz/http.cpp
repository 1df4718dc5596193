// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "fuzz/fuzz.hpp"
#include "support/http_exchange.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto most = text.size() / std::string_view{"GET / HTTP/1.1\r\n\r\n"}.size();
  std::size_t asked = 0;
  const auto handler = [&](std::string_view path) {
    check(path.find('?') == std::string_view::npos, "a path has no query");
    check(++asked <= most, "a request is a whole one");
    if (path != "/metrics") return HttpResponse{.status = 404};
    static const auto body = std::make_shared<const std::string>("memory 1\n");
    return HttpResponse{.body = body};
  };
  const auto received = http_exchange(text, handler);
  check(received.has_value(), "a connection ends with its client");
  check(are_http_responses(*received), "what is answered is HTTP");
  check(received->size() <= 512 * (most + 1), "answers are as few as requests");
}
