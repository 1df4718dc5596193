// SPDX-License-Identifier: Apache-2.0
#include "config/quantity.hpp"

#include <string>

#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

/// A refusal is one line that says what is accepted.
void check_message(const std::string& message) {
  check(message.find('\n') == std::string::npos && message.size() < 1000, "a message is one short line");
  check(message.find("accepted: ") != std::string::npos, "a message says what is accepted");
}

}  // namespace

void fuzz(std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) check_message(bytes.error());

  const auto threshold = parse_threshold(text);
  const auto target = parse_target(text);
  if (threshold) {
    check(target == threshold, "every threshold is a target");
    check(parse_threshold(to_string(*threshold)) == threshold, "a threshold reads back");
    check(*threshold != Amount{Bytes{}} && *threshold != Amount{Percent{0}}, "a threshold is above zero");
    const auto* percent = std::get_if<Percent>(&*threshold);
    check(percent == nullptr || percent->value <= 100, "a threshold is at most all");
  } else {
    check_message(threshold.error());
  }
  if (target) check(parse_target(to_string(*target)) == target, "a target reads back");
  if (bytes) check(target == Amount{*bytes}, "every size is a target");

  const auto duration = parse_duration(text);
  if (duration) {
    check(*duration >= Duration::zero(), "no duration is negative");
    check(parse_duration(to_text(*duration)) == duration, "a duration reads back");
  } else {
    check_message(duration.error());
  }
}

}  // namespace cmm::test
