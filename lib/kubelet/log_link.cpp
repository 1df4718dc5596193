// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log_link.hpp"

#include <algorithm>

namespace cmm {
namespace {

constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kIdLength = 64;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_name(std::string_view text) { return !text.empty() && text.find('_') == std::string_view::npos; }

}  // namespace

std::optional<LogLink> parse_log_link(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (name.size() <= kIdLength || name[name.size() - kIdLength - 1] != '-') return std::nullopt;
  const auto id = name.substr(name.size() - kIdLength);
  if (!std::ranges::all_of(id, is_hex)) return std::nullopt;

  name.remove_suffix(kIdLength + 1);
  const auto first = name.find('_');
  const auto last = name.rfind('_');
  if (first == last) return std::nullopt;
  const auto pod = name.substr(0, first);
  const auto namespace_name = name.substr(first + 1, last - first - 1);
  const auto container = name.substr(last + 1);
  if (!is_name(pod) || !is_name(namespace_name) || !is_name(container)) return std::nullopt;
  return LogLink{std::string{id}, {std::string{namespace_name}, std::string{pod}, std::string{container}}};
}

}  // namespace cmm
