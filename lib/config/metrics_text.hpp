// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "config/quantity.hpp"
#include "config/settings.hpp"

namespace cmm {

inline constexpr std::string_view metrics_forms =
    "off, or listen=ADDRESS as 127.0.0.1:9753, [::1]:9753 or the absolute path of a Unix socket, and "
    "cgroups=N";
inline constexpr std::array<std::string_view, 2> metrics_keys{"listen", "cgroups"};

/// "off", or "listen=ADDRESS" and perhaps "cgroups=N".
Parsed<MetricsSettings> parse_metrics(std::span<const std::string> texts);

/// "off", or a map of YAML.
std::string to_yaml(const MetricsSettings& metrics);

/// An address to listen at: a Unix socket's path, or a numeric host and a port.
struct ListenAddress {
  std::string path;  ///< of a Unix socket; empty: TCP
  std::string host;
  std::uint16_t port = 0;  ///< 0: any that is free
};
Parsed<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace cmm
