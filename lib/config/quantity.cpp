// SPDX-License-Identifier: Apache-2.0
#include "config/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <variant>

#include "config/text.hpp"

namespace cmm {
namespace {

/// A reason why a text is no quantity; the forms that are accepted come later.
using Refusal = tl::unexpected<std::string>;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Number {
  std::string_view digits;  ///< whole, point and fraction as written
  std::string_view whole;
  std::string_view fraction;
  std::string_view unit;
};

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

Parsed<Number> split(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Refusal{"nothing given"};
  if (text.front() == '-') return Refusal{"negative or not a number"};
  Number number;
  number.whole = text.substr(0, count_digits(text));
  if (number.whole.empty()) return Refusal{"not a number"};
  auto rest = text.substr(number.whole.size());
  if (rest.starts_with('.')) {
    number.fraction = rest.substr(1, count_digits(rest.substr(1)));
    if (number.fraction.empty()) return Refusal{"no digit after the point"};
    rest.remove_prefix(1 + number.fraction.size());
  }
  number.digits = text.substr(0, text.size() - rest.size());
  if (rest == " ") return Refusal{"a blank at the end"};
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  number.unit = rest;
  return number;
}

/// Floor of 0.fraction × unit, for any number of digits: as floor((m + x) / 10) = floor((m + floor(x)) / 10)
/// for whole m, the digits can be taken from the last to the first without an error. unit < 2^60.
std::uint64_t fraction_of(std::string_view fraction, std::uint64_t unit) {
  std::uint64_t part = 0;
  for (auto digit = fraction.rbegin(); digit != fraction.rend(); ++digit) {
    part = (static_cast<std::uint64_t>(*digit - '0') * unit + part) / 10;
  }
  return part;
}

/// The number in units of 1/`unit`; nullopt: above `max`.
std::optional<std::uint64_t> scale(const Number& number, std::uint64_t unit, std::uint64_t max) {
  std::uint64_t whole = 0;
  const auto* end = number.whole.data() + number.whole.size();
  if (std::from_chars(number.whole.data(), end, whole).ec != std::errc{}) return std::nullopt;
  const auto part = fraction_of(number.fraction, unit);
  if (part > max || whole > (max - part) / unit) return std::nullopt;
  return whole * unit + part;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kilo = 1000;
constexpr std::array size_units{
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"kB", kilo},
    Unit{"KB", kilo},
    Unit{"K", kilo},
    Unit{"KiB", 1ULL << 10U},
    Unit{"Ki", 1ULL << 10U},
    Unit{"MB", kilo* kilo},
    Unit{"M", kilo* kilo},
    Unit{"MiB", 1ULL << 20U},
    Unit{"Mi", 1ULL << 20U},
    Unit{"GB", kilo* kilo* kilo},
    Unit{"G", kilo* kilo* kilo},
    Unit{"GiB", 1ULL << 30U},
    Unit{"Gi", 1ULL << 30U},
    Unit{"TB", kilo* kilo* kilo* kilo},
    Unit{"T", kilo* kilo* kilo* kilo},
    Unit{"TiB", 1ULL << 40U},
    Unit{"Ti", 1ULL << 40U},
};

constexpr std::uint64_t nanoseconds_of(std::chrono::nanoseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

constexpr std::array duration_units{
    Unit{"", nanoseconds_of(std::chrono::seconds{1})},
    Unit{"ms", nanoseconds_of(std::chrono::milliseconds{1})},
    Unit{"s", nanoseconds_of(std::chrono::seconds{1})},
    Unit{"m", nanoseconds_of(std::chrono::minutes{1})},
    Unit{"h", nanoseconds_of(std::chrono::hours{1})},
};

Parsed<std::uint64_t> count_units(const Number& number, std::span<const Unit> units, std::uint64_t max) {
  const auto unit = std::ranges::find(units, number.unit, &Unit::name);
  if (unit == units.end()) return Refusal{fmt::format("unknown unit {}", in_quotes(number.unit))};
  const auto count = scale(number, unit->factor, max);
  if (!count) return Refusal{"too large"};
  return *count;
}

Parsed<std::uint64_t> count_bytes(const Number& number) {
  return count_units(number, size_units, std::numeric_limits<std::uint64_t>::max());
}

Parsed<Percent> to_percent(const Number& number) {
  if (number.unit != "%") return Refusal{"not a percentage"};
  double value = 0;
  const auto* end = number.digits.data() + number.digits.size();
  const auto read = std::from_chars(number.digits.data(), end, value, std::chars_format::fixed);
  // Out of range is also what is said of a positive number too small for a double.
  if (read.ec != std::errc{}) return Refusal{"too large or too small"};
  if (value > 100) return Refusal{"above 100 %"};
  return Percent{value};
}

Parsed<unsigned> to_count(const Number& number) {
  if (!number.fraction.empty() || !number.unit.empty()) return Refusal{"not a whole number"};
  const auto count = scale(number, 1, std::numeric_limits<unsigned>::max());
  if (!count) return Refusal{"too large"};
  return static_cast<unsigned>(*count);
}

Parsed<Amount> to_amount(const Number& number) {
  if (number.unit == "%") return to_percent(number).map([](Percent percent) { return Amount{percent}; });
  return count_bytes(number).map([](std::uint64_t count) { return Amount{Bytes{count}}; });
}

Parsed<Amount> above_zero(const Amount& amount) {
  if (amount == Amount{Percent{0}} || amount == Amount{Bytes{0}}) return Refusal{"has to be above 0"};
  return amount;
}

Parsed<Percent> percent_above_zero(Percent percent) {
  if (percent == Percent{0}) return Refusal{"has to be above 0"};
  return percent;
}

/// Completes a bare reason to the line that the header promises.
auto with_forms(std::string_view text, std::string_view forms) {
  return [=](const std::string& reason) {
    return fmt::format("{}: {}; accepted: {}", in_quotes(text), reason, forms);
  };
}

}  // namespace

Parsed<Bytes> parse_bytes(std::string_view text) {
  return split(text)
      .and_then(count_bytes)
      .map([](std::uint64_t count) { return Bytes{count}; })
      .map_error(with_forms(text, size_forms));
}

Parsed<Amount> parse_threshold(std::string_view text) {
  return split(text).and_then(to_amount).and_then(above_zero).map_error(with_forms(text, threshold_forms));
}

Parsed<Amount> parse_target(std::string_view text) {
  return split(text).and_then(to_amount).map_error(with_forms(text, target_forms));
}

Parsed<Percent> parse_percent(std::string_view text) {
  return split(text)
      .and_then(to_percent)
      .and_then(percent_above_zero)
      .map_error(with_forms(text, percent_forms));
}

Parsed<unsigned> parse_count(std::string_view text) {
  return split(text).and_then(to_count).map_error(with_forms(text, count_forms));
}

Parsed<Duration> parse_duration(std::string_view text) {
  constexpr auto longest = nanoseconds_of(Duration::max());
  return split(text)
      .and_then([](const Number& number) { return count_units(number, duration_units, longest); })
      .map([](std::uint64_t count) { return Duration{static_cast<Duration::rep>(count)}; })
      .map_error(with_forms(text, duration_forms));
}

std::string to_text(Duration duration) {
  const auto count = nanoseconds_of(duration);
  if (count == 0) return "0s";
  for (auto unit = duration_units.rbegin(); !unit->name.empty(); ++unit) {
    if (count % unit->factor == 0) return fmt::format("{}{}", count / unit->factor, unit->name);
  }
  const auto millisecond = nanoseconds_of(std::chrono::milliseconds{1});
  auto text = fmt::format("{}.{:06}", count / millisecond, count % millisecond);
  text.erase(text.find_last_not_of('0') + 1);
  return text + "ms";
}

}  // namespace cmm
