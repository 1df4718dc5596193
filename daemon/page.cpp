// SPDX-License-Identifier: Apache-2.0
#include "daemon/page.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <string>

#include "daemon/page_html.hpp"

namespace cmm {
namespace {

// Only what carries it runs: no injected script, whatever a cgroup is called.
std::string random_nonce() {
  std::array<unsigned char, 16> bytes{};
  static_cast<void>(::getrandom(bytes.data(), bytes.size(), 0));
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string result;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what)) {
    result.append(text.substr(0, at)).append(with);
    text.remove_prefix(at + what.size());
  }
  return result.append(text);
}

}  // namespace

HttpResponse page() {
  const auto nonce = random_nonce();
  return {
      .content_type = "text/html; charset=utf-8",
      .body = std::make_shared<const std::string>(replaced(page_html, "@NONCE@", nonce)),
      .content_security_policy = fmt::format(
          "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; connect-src 'self'; base-uri "
          "'none'; form-action 'none'; frame-ancestors 'none'",
          nonce)};
}

}  // namespace cmm
