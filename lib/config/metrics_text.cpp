// SPDX-License-Identifier: Apache-2.0
#include "config/metrics_text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "config/setting_value.hpp"
#include "config/text.hpp"

namespace cmm {
namespace {

constexpr std::string_view address_forms =
    "an address and a port as 127.0.0.1:9753 or [::1]:9753, or the absolute path of a Unix socket";
constexpr std::string_view cgroups_forms = "a whole number from 0 to 100000";
constexpr unsigned kMostCgroups = 100'000;

bool is_address(int family, const std::string& host) {
  in6_addr any{};
  return ::inet_pton(family, host.c_str(), &any) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<ListenAddress> parse_tcp(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) host = host.substr(1, host.size() - 2);
  const auto port = parse_port(text.substr(colon + 1));
  ListenAddress address{.path = {}, .host = std::string{host}, .port = port.value_or(0)};
  if (!port || !is_address(in_brackets ? AF_INET6 : AF_INET, address.host)) return std::nullopt;
  return address;
}

Parsed<void> say(std::string_view text, MetricsSettings& said) {
  const auto sign = text.find('=');
  if (sign == std::string_view::npos) return refused(text, "unknown form", metrics_forms);
  const auto key = text.substr(0, sign);
  const auto value = text.substr(sign + 1);
  if (key == metrics_keys[0]) {
    const auto address = parse_listen_address(value);
    if (!address) return tl::unexpected{fmt::format("{}: {}", key, address.error())};
    said.listen = value;
    return {};
  }
  if (key == metrics_keys[1]) {
    const auto count = parse_between(std::string{value}, 0U, kMostCgroups, cgroups_forms);
    if (!count) return tl::unexpected{fmt::format("{}: {}", key, count.error())};
    said.cgroups = *count;
    return {};
  }
  return tl::unexpected{fmt::format("unknown key {}; accepted: {}", in_quotes(key), metrics_forms)};
}

}  // namespace

Parsed<ListenAddress> parse_listen_address(std::string_view text) {
  // A Unix socket's address holds 107 characters.
  constexpr std::size_t kLongestPath = 107;
  if (text.starts_with('/') && text.size() <= kLongestPath) {
    return ListenAddress{.path = std::string{text}, .host = {}, .port = 0};
  }
  if (auto address = parse_tcp(text)) return *std::move(address);
  return refused(text, "no address to listen at", address_forms);
}

Parsed<MetricsSettings> parse_metrics(std::span<const std::string> texts) {
  if (texts.size() == 1 && texts.front() == "off") return MetricsSettings{};
  MetricsSettings said;
  for (const auto& text : texts) {
    const auto understood = say(text, said);
    if (!understood) return tl::unexpected{understood.error()};
  }
  if (said.listen.empty()) {
    return tl::unexpected{fmt::format("listen is missing; accepted: {}", metrics_forms)};
  }
  return said;
}

std::string to_yaml(const MetricsSettings& metrics) {
  if (metrics.listen.empty()) return "off";
  return fmt::format("{{listen: {}, cgroups: {}}}", yaml_string(metrics.listen), metrics.cgroups);
}

}  // namespace cmm
