// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log_link.hpp"

#include "model/container_id.hpp"

namespace cmm {
namespace {

constexpr std::string_view kSuffix = ".log";
bool is_name(std::string_view text) { return !text.empty() && text.find('_') == std::string_view::npos; }

}  // namespace

std::optional<LogLink> parse_log_link(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const auto id = container_id_at_end(name);
  name.remove_suffix(id.size());
  if (id.empty() || !name.ends_with('-')) return std::nullopt;

  name.remove_suffix(1);
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
