// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "config/settings.hpp"
#include "model/time.hpp"

namespace cmm {

/// A value of a log line; durations are seconds in JSON, and bytes are bytes in both.
using LogValue = std::variant<std::string, std::uint64_t, double, Duration, Bytes>;

struct LogField {
  std::string_view key;
  LogValue value;
};

/// Sets level and form of the log, which goes to standard error: the standard output is for what was asked
/// for. Where systemd's journal reads it, lines begin with their priority and have no time (sd-daemon(3)).
void configure_log(LogLevel level, LogFormat format);

/// One line, on whatever thread: "EVENT key=value… message", or a JSON object with the same names.
void log_event(LogLevel level, std::string_view event, const std::vector<LogField>& fields,
               std::string_view message = {});

/// "cgroup-memory-manager: MESSAGE" on standard error, for who has asked for something, or before the
/// settings say how to log.
void print_error(std::string_view message);

/// Writes out what is still held back.
void flush_log();

}  // namespace cmm
