// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.hpp"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/text.hpp"
#include "daemon/describe.hpp"

namespace cmm {
namespace {

using Json = nlohmann::ordered_json;

bool as_json = false;  // set once, before there is a second thread, and by a reload on the only one that logs

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// "<6>": the priority as the journal takes it; syslog(3).
class Priority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string_view text = message.level <= spdlog::level::debug  ? "<7>"
                                  : message.level == spdlog::level::info ? "<6>"
                                  : message.level == spdlog::level::warn ? "<4>"
                                                                         : "<3>";
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<Priority>();
  }
};

/// systemd.exec(5): $JOURNAL_STREAM names the device and inode of the stream, for programs to compare.
bool is_read_by_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat standard_error {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &standard_error) != 0) return false;
  return stream == fmt::format("{}:{}", standard_error.st_dev, standard_error.st_ino);
}

std::unique_ptr<spdlog::formatter> formatter(bool json) {
  const std::string form = json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v)" : "%v";
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  if (is_read_by_journal()) {
    formatter->add_flag<Priority>('*').set_pattern("%*" + form);
  } else {
    formatter->set_pattern(json ? form : "%Y-%m-%dT%H:%M:%S.%e%z %l " + form);
  }
  return formatter;
}

std::string without_blank(std::string text) {
  std::erase(text, ' ');
  return text;
}

/// A word as it is; anything else in quotes, so that the line can be taken apart again.
std::string word_or_quoted(const std::string& text) {
  const auto shown = printable(text);
  const bool is_word = !shown.empty() && shown.find_first_of(" \"=") == std::string::npos;
  // Of bytes that are no UTF-8, YAML knows nothing.
  return is_word ? shown : printable(yaml_string(text));
}

struct ToText {
  std::string operator()(const std::string& text) const { return word_or_quoted(text); }
  std::string operator()(std::uint64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return fmt::format("{:.4g}", number); }
  std::string operator()(Duration duration) const { return without_blank(describe(duration)); }
  std::string operator()(Bytes bytes) const { return std::to_string(bytes.count()); }
};

struct ToJson {
  Json operator()(const std::string& text) const { return utf8(text); }
  Json operator()(std::uint64_t number) const { return number; }
  Json operator()(double number) const { return number; }
  Json operator()(Duration duration) const { return std::chrono::duration<double>{duration}.count(); }
  Json operator()(Bytes bytes) const { return bytes.count(); }
};

std::string text_line(std::string_view event, const std::vector<LogField>& fields, std::string_view message) {
  std::string line{event};
  for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, std::visit(ToText{}, value));
  if (!message.empty()) line += ' ' + printable(message);
  return line;
}

// The pattern has begun the object.
std::string json_line(std::string_view event, const std::vector<LogField>& fields, std::string_view message) {
  Json object{{"event", event}};
  for (const auto& [key, value] : fields) object[std::string{key}] = std::visit(ToJson{}, value);
  if (!message.empty()) object["message"] = utf8(message);
  // In ASCII, for who looks at it on a terminal.
  return object.dump(-1, ' ', true, Json::error_handler_t::replace).substr(1);
}

}  // namespace

void configure_log(LogLevel level, LogFormat format) {
  as_json = format == LogFormat::json;
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(formatter(as_json));
  logger->set_level(spdlog_level(level));
  spdlog::set_default_logger(std::move(logger));
}

void log_event(LogLevel level, std::string_view event, const std::vector<LogField>& fields,
               std::string_view message) {
  const auto severity = spdlog_level(level);
  if (!spdlog::default_logger_raw()->should_log(severity)) return;
  spdlog::log(severity, "{}",
              as_json ? json_line(event, fields, message) : text_line(event, fields, message));
}

void print_error(std::string_view message) {
  fmt::print(stderr, "{}cgroup-memory-manager: {}\n", is_read_by_journal() ? "<3>" : "", printable(message));
}

void flush_log() { spdlog::default_logger()->flush(); }

}  // namespace cmm
