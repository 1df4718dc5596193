// SPDX-License-Identifier: Apache-2.0
#include "config/gate_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "config/setting_value.hpp"
#include "config/text.hpp"

namespace cmm {
namespace {

constexpr std::string_view measure_forms = "MemAvailable or kubelet";

constexpr std::array measures{std::pair{NodeAvailable::mem_available, std::string_view{"MemAvailable"}},
                              std::pair{NodeAvailable::kubelet, std::string_view{"kubelet"}}};
using Measure = decltype(measures)::value_type;

Parsed<NodeAvailable> parse_measure(std::string_view text) {
  const auto* measure = std::ranges::find(measures, text, &Measure::second);
  if (measure == measures.end()) return refused(text, "unknown measure", measure_forms);
  return measure->first;
}

/// What was said so far, so that a key can be refused when it comes again.
struct Said {
  std::optional<Percent> below;
  std::optional<NodeAvailable> measure;
};

template <class T>
Parsed<void> say_once(std::string_view key, std::string_view value, Parsed<T> (*parse)(std::string_view),
                      std::optional<T>& member) {
  if (member) return tl::unexpected{fmt::format("{}: given twice; accepted: {}", key, gate_forms)};
  const auto parsed = parse(value);
  if (!parsed) return tl::unexpected{fmt::format("{}: {}", key, parsed.error())};
  member = *parsed;
  return {};
}

Parsed<void> say(std::string_view text, Said& said) {
  const auto sign = text.find('=');
  if (sign == std::string_view::npos) {
    return refused(text, text.empty() ? "nothing given" : "unknown condition", gate_forms);
  }
  const auto key = text.substr(0, sign);
  const auto value = text.substr(sign + 1);
  if (key == gate_keys[0]) return say_once(key, value, parse_percent, said.below);
  if (key == gate_keys[1]) return say_once(key, value, parse_measure, said.measure);
  return tl::unexpected{fmt::format("unknown key {}; accepted: {}", in_quotes(key), gate_forms)};
}

}  // namespace

Parsed<Gate> parse_gate(std::span<const std::string> texts) {
  if (texts.size() == 1 && texts.front() == "always") return Gate{};
  Said said;
  for (const auto& text : texts) {
    const auto understood = say(text, said);
    if (!understood) return tl::unexpected{understood.error()};
  }
  if (!said.below) {
    return tl::unexpected{fmt::format("node_available_below is missing; accepted: {}", gate_forms)};
  }
  return Gate{said.below, said.measure.value_or(NodeAvailable::mem_available)};
}

std::string to_yaml(const Gate& gate) {
  if (!gate.node_available_below) return "always";
  const auto* measure = std::ranges::find(measures, gate.measure, &Measure::first);
  return fmt::format("{{node_available_below: {}, node_available: {}}}",
                     to_string(*gate.node_available_below),
                     measure == measures.end() ? "?" : measure->second);
}

}  // namespace cmm
